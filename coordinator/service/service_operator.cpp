#include <filesystem>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/observe/log.hpp"
#include "common/parameters/model_file.hpp"
#include "common/wire/token.hpp"
#include "coordinator/round/summing.hpp"
#include "coordinator/service/service.hpp"

// What operators ask of a running coordinator.
namespace skerry::coordinator {

namespace log = observe::log;

namespace {

constexpr std::size_t kExportBytesMax = (limits::kParametersMax + (1U << 20U)) * sizeof(float);

}  // namespace

void Service::create_token(const TokenWish& wish, std::function<void(Result<MadeToken>)> done) {
    if (endpoints_.advertised_enrol.empty()) {
        return done(fail(ErrorCode::Conflict,
                         "nobody knows under which address nodes reach this coordinator: start it with --advertise "
                         "HOST, or set listen.advertise"));
    }
    wire::JoinToken token;
    token.id = TokenId{crypto::random_bytes<6>()};
    token.secret = crypto::Secret<16>::random();
    token.root = keys_.ring.root.verify_key();
    token.transport = keys_.ring.transport;
    token.enrol_endpoint = endpoints_.advertised_enrol;
    const TimePoint now = Clock::now();
    MadeToken made{wire::to_text(token),
                   {now, token.id, wire::secret_hash(token), now + wish.life, wish.uses, wish.tier, wish.note}};
    const Ticket ticket = next_ticket_++;
    OperatorCreatesToken event{ticket, made.record};
    answers_[ticket] = [done = std::move(done), made = std::move(made)](const Result<>& outcome) {
        if (!outcome) return done(tl::unexpected(outcome.error()));
        done(made);
    };
    deliver(event);
}

void Service::revoke_node(const NodeId& node, const std::string& reason, std::function<void(Result<>)> done) {
    const Ticket ticket = next_ticket_++;
    answers_[ticket] = std::move(done);
    deliver(OperatorRevokesNode{ticket, node, reason});
}

void Service::quarantine_node(const NodeId& node, const std::string& reason, std::function<void(Result<>)> done) {
    const Ticket ticket = next_ticket_++;
    answers_[ticket] = std::move(done);
    deliver(OperatorQuarantinesNode{ticket, node, reason});
}

void Service::release_node(const NodeId& node, bool discard, std::function<void(Result<>)> done) {
    const Ticket ticket = next_ticket_++;
    answers_[ticket] = std::move(done);
    deliver(OperatorReleasesNode{ticket, node, discard});
}

void Service::roll_back(const RollbackWish& wish, std::function<void(Result<>)> done) {
    const auto old = federation_->restorable(wish.to, wish.pin, wish.from);
    if (!old) return done(tl::unexpected(old.error()));
    // Before anybody asks for it: all nodes will, at once.
    worker_->run(
        [this, wish, old = **old, newest = federation_->newest(), done = std::move(done)]() -> Worker::Continuation {
            const auto prepared = [&]() -> Result<OperatorRollsBack> {
                OperatorRollsBack order{0, wish.to, wish.reason, wish.pin};
                if (wish.from != Tier::Light) order.joined = SKERRY_TRY(join(newest, old, wish.from));
                const Digest weights = order.joined ? order.joined->digests.back() : old.weights;
                order.encodings = SKERRY_TRY(put_in_memory(weights));
                order.differences = SKERRY_TRY(put_differences(newest.weights, weights));
                return order;
            }();
            return [this, done, prepared] {
                if (!prepared) return done(tl::unexpected(prepared.error()));
                OperatorRollsBack order = *prepared;
                order.ticket = next_ticket_++;
                answers_[order.ticket] = [this, done, order](const Result<>& outcome) {
                    if (!outcome) return_newest_to_memory();  // a round was frozen meanwhile
                    if (!outcome && order.joined) erase_unless_held(order);
                    done(outcome);
                };
                deliver(order);
            };
        });
}

Result<JoinedWeights> Service::join(const Federation::Version& newest, const Federation::Version& old, Tier from) {
    const std::vector<float> weights = joined_weights(
        SKERRY_TRY(models_.load(newest.weights)), SKERRY_TRY(models_.load(old.weights)), federation_->model(), from);
    JoinedWeights joined{from, newest.version, tier_digests(weights, federation_->model())};
    SKERRY_TRY(blobs_->put(joined.digests.back(), std::as_bytes(std::span(weights))));
    if (!newest.optimiser) return joined;
    const Bytes front = SKERRY_TRY(models_.load_memory(*newest.optimiser));
    const Bytes back = old.optimiser ? SKERRY_TRY(models_.load_memory(*old.optimiser)) : Bytes();
    const Bytes memory = joined_memory(front, back, config_.policy.rounds.recipe.optimiser, federation_->model(), from);
    if (memory.empty()) return joined;
    joined.optimiser = crypto::sha256(memory);
    SKERRY_TRY(blobs_->put(*joined.optimiser, memory));
    return joined;
}

void Service::erase_unless_held(const OperatorRollsBack& order) {
    std::vector<Digest> blobs{order.joined->digests.back()};
    if (order.joined->optimiser) blobs.push_back(*order.joined->optimiser);
    for (const wire::EncodedWeights& encoding : order.encodings)
        blobs.push_back(encoding.digests.back());
    for (const wire::EncodedDifference& difference : order.differences)
        blobs.push_back(difference.digests.back());
    for (const auto& [number, version] : federation_->versions()) {
        // Its encodings are these, too.
        if (version.weights == order.joined->digests.back()) return;
        std::erase(blobs, version.optimiser.value_or(Digest{}));
    }
    erase(std::move(blobs));
}

void Service::return_newest_to_memory() {
    worker_->run([this, weights = federation_->newest().weights]() -> Worker::Continuation {
        if (const auto kept = put_in_memory(weights); !kept)
            log::warning("model_not_read", {{"weights", weights}, {"reason", kept.error().message}});
        return [] {};
    });
}

void Service::pin_version(const std::string& reason, std::function<void(Result<>)> done) {
    const Ticket ticket = next_ticket_++;
    answers_[ticket] = std::move(done);
    deliver(OperatorPinsVersion{ticket, reason});
}

void Service::unpin_version(std::function<void(Result<>)> done) {
    const Ticket ticket = next_ticket_++;
    answers_[ticket] = std::move(done);
    deliver(OperatorUnpinsVersion{ticket});
}

void Service::promote_version(const std::string& reason, std::function<void(Result<>)> done) {
    const Ticket ticket = next_ticket_++;
    answers_[ticket] = std::move(done);
    deliver(OperatorPromotesVersion{ticket, reason});
}

void Service::verify(RoundEvidence evidence, std::function<void(Result<Verification>)> done) {
    worker_->run([this, evidence = std::move(evidence), done = std::move(done)]() -> Worker::Continuation {
        auto result = verify_round(evidence, federation_->model(), *blobs_, models_, keys_.ring.seal,
                                   keys_.ring.signing.verify_key());
        return [done, result = std::move(result)] { done(result); };
    });
}

void Service::export_model(const ledger::VersionRow& version, Tier tier, const std::string& plan,
                           std::function<void(Result<std::string>)> done) {
    parameters::ExportedModel model;
    model.spec = spec_;
    model.version = version.version;
    model.tier = tier;
    auto precisions = parameters::plan_for(model, plan);
    if (!precisions) return done(tl::unexpected(std::move(precisions).error()));
    model.plan = *std::move(precisions);
    model.origin = "federation " + federation_->created().name + " (" + federation_->id().to_text() + ")";
    ByteWriter manifest;
    manifest.put_sized(version.manifest.body).put(ByteView(version.manifest.signature));
    model.manifest = std::move(manifest).take();
    const auto path = directory_.path / ("export-" + std::to_string(next_ticket_++) + ".tmp");
    worker_->run([this, model = std::move(model), weights = version.weights, path,
                  done = std::move(done)]() mutable -> Worker::Continuation {
        auto file = [&]() -> Result<std::string> {
            model.parameters = SKERRY_TRY(models_.load(weights));
            model.parameters.resize(federation_->model().prefix(model.tier));
            SKERRY_TRY(parameters::save_model(model, path));
            const Bytes bytes = SKERRY_TRY(crypto::read_file(path, kExportBytesMax));
            return std::string(text_of(bytes));
        }();
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        return [done, file = std::move(file)] { done(file); };
    });
}

}  // namespace skerry::coordinator
