#include "tests/unit/coordinator/federation_bench.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "coordinator/blob_orders.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::uint64_t kStatistics = 0;

Digest hash_of(std::string_view text) {
    return crypto::sha256(bytes_of(text));
}

template <class... Handlers>
struct Overload : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overload(Handlers...) -> Overload<Handlers...>;

}  // namespace

FederationBench::FederationBench(Policy with, std::array<std::uint64_t, kTiers> values)
    : policy(std::move(with)),
      keys{crypto::SigningKey::generate(), crypto::SigningKey::generate(), crypto::SealPrivateKey::generate(), {}},
      values_(values) {
    keys.transport.fill(std::byte{0x77});
    create();
    restart();
}

Policy FederationBench::small_policy() {
    Policy small;
    small.rounds.goal = 2;
    small.rounds.quorum = 2;
    small.rounds.deadline = 60s;
    small.rounds.recipe = {};  // sums that a person can check
    small.versions_kept = 3;
    // A test that refuses thrice, sends odd values or stops the clock is seldom about that.
    small.admission.strikes = 0;
    small.admission.norm_outlier = 0;
    small.admission.opposition = 0;
    small.budgets = {0, 0};
    small.fleet_endpoint = "tcp://coordinator.example:7000";
    return small;
}

ByteArray<16> FederationBench::next_id() {
    ByteArray<16> id{};
    for (std::size_t i = 0; i < sizeof(next_id_); ++i)
        id[i] = std::byte{static_cast<std::uint8_t>(next_id_ >> (8 * i))};
    ++next_id_;
    return id;
}

void FederationBench::create() {
    const auto root = keys.root.verify_key();
    ledger::FederationCreated created;
    created.at = now;
    created.name = "bench";
    created.model = "name = 'bench'";
    created.identity = hash_of(created.model);
    created.values = values_;
    created.statistics = kStatistics;
    created.root = root;
    created.keys = wire::sign(
        wire::KeySet{wire::federation_of(root), 1, keys.signing.verify_key(), keys.seal.public_key(), keys.transport},
        keys.root);
    ModelShape shape;
    std::copy(values_.begin(), values_.end(), shape.values.begin());
    const std::vector<float> weights(values_.back(), 0.5F);
    wire::Manifest manifest;
    manifest.federation = wire::federation_of(root);
    manifest.version = ModelVersion{1};
    manifest.model = created.identity;
    manifest.values = values_;
    manifest.digests = tier_digests(weights, shape);
    manifest.published = now;
    ledger::VersionPublished published;
    published.at = now;
    published.version = ModelVersion{1};
    published.weights = manifest.digests.back();
    published.manifest = wire::sign(manifest, keys.signing);
    ASSERT_TRUE(blobs.put(published.weights, std::as_bytes(std::span(weights))));
    ASSERT_TRUE(journal.append(ledger::kFederationStream, 0, {created, published}));
}

void FederationBench::restart() {
    held_sums_.clear();
    held_checks_.clear();
    pending_.clear();
    said_.clear();
    hashes = std::make_unique<DraftHashes>();
    examined = {};
    core = std::make_unique<Federation>(
        keys, policy, [this] { return next_id(); }, journal);
    ledger::NeededBlobs needed;
    for (const ledger::Event& event : journal.events(ledger::kFederationStream)) {
        core->apply(event);
        needed.apply(event);
    }
    ASSERT_TRUE(erase_strays(*core, needed, blobs));
    ASSERT_TRUE(restore_drafts(*core, blobs));
    perform(core->resume(now));
    settle();
}

JoinedWeights FederationBench::joined(ModelVersion old, Tier from) {
    const auto weights =
        joined_weights(newest_weights(), this->weights(core->versions().at(old).weights), core->model(), from);
    JoinedWeights joined{from, core->newest().version, tier_digests(weights, core->model())};
    EXPECT_TRUE(blobs.put(joined.digests.back(), std::as_bytes(std::span(weights))));
    return joined;
}

std::vector<wire::FromCoordinator> FederationBench::tell(const Event& event) {
    said_.clear();
    pending_.push_back(event);
    settle();
    return std::exchange(said_, {});
}

std::vector<wire::FromCoordinator> FederationBench::say(const FakeNode& node, wire::FromNode message) {
    return tell(NodeSpoke{node.transport, std::move(message)});
}

std::vector<wire::FromCoordinator> FederationBench::wait(std::chrono::milliseconds time) {
    said_.clear();
    const TimePoint end = now + time;
    settle();
    while (const auto due = core->deadline()) {
        if (*due > end) break;
        now = std::max(now, *due);
        settle();
    }
    now = end;
    settle();
    return std::exchange(said_, {});
}

void FederationBench::settle() {
    while (true) {
        for (int turns = 0; core->deadline() && *core->deadline() <= now; ++turns) {
            ASSERT_LT(turns, 100) << "advance() does not come to rest";
            perform(core->advance(now));
        }
        if (pending_.empty()) return;
        const Event next = pending_.front();
        pending_.erase(pending_.begin());
        perform(core->handle(next, now));
    }
}

void FederationBench::perform(const Actions& actions) {
    for (const Action& action : actions) {
        std::visit(Overload{
                       [&](const KeepPiece& order) { ASSERT_TRUE(perform_blob_order(order, blobs, *hashes)); },
                       [&](const StoreBlob& order) { ASSERT_TRUE(perform_blob_order(order, blobs, *hashes)); },
                       [&](const DropDraft& order) { ASSERT_TRUE(perform_blob_order(order, blobs, *hashes)); },
                       [&](const Append& order) {
                           const auto size = journal.events(ledger::kFederationStream).size();
                           ASSERT_TRUE(journal.append(ledger::kFederationStream, size, order.events));
                           for (const ledger::Event& event : order.events)
                               core->apply(event);
                       },
                       [&](const Send& order) { said_.push_back(order.message); },
                       [&](const SendModel& order) {
                           const std::uint64_t offset = std::uint64_t{order.first} * limits::kChunkBytes;
                           const auto count = std::min<std::uint64_t>(limits::kChunkBytes, order.prefix_bytes - offset);
                           said_.push_back(wire::ModelChunk{order.version, order.tier, order.first,
                                                            *blobs.get_range(order.weights, offset, count)});
                       },
                       [&](const ReplyToJoin& order) { join_reply_ = order.reply; },
                       [&](const CheckUpdate& order) {
                           held_checks_.push_back(order);
                           if (!hold_checks_) finish_checks();
                       },
                       [&](const SumRound& order) {
                           held_sums_.push_back(order);
                           if (!hold_sums_) finish_sums();
                       },
                       [&](const EraseVersion& order) {
                           for (const auto& blob : {order.weights, order.optimiser})
                               ASSERT_TRUE(!blob || blobs.erase(*blob));
                       },
                       [&](const EraseUpdates& order) { erased_rounds.push_back(order.round); },
                       [&](const Answer& order) { answers.push_back(order.outcome); },
                       [&](const Ignored& order) { ignored.push_back(order.why); },
                   },
                   action);
    }
}

void FederationBench::finish_checks() {
    const bool outermost = hold_checks_;
    hold_checks_ = false;
    ModelShape model = core->model();
    model.classes = 3;  // which the core need not know
    for (const CheckUpdate& order : std::exchange(held_checks_, {})) {
        auto found = examine(order.what, blobs, model, keys.seal, *hashes);
        ASSERT_TRUE(found) << found.error().message;
        if (const auto* const sound = std::get_if<Sound>(&*found))
            examined.note(order.what.content, order.what.header, sound->norms);
        pending_.push_back(UpdateChecked{order.update, order.what.content, *std::move(found)});
    }
    if (outermost) settle();
}

void FederationBench::finish_sums() {
    const bool outermost = hold_sums_;
    hold_sums_ = false;
    for (const SumRound& order : std::exchange(held_sums_, {})) {
        RoundTerms terms{order.recipe, order.seed};
        terms.examined = &examined;
        if (order.optimiser) terms.optimiser = *blobs.get(*order.optimiser);
        const auto parent = [&]() -> Result<std::vector<float>> { return weights(order.parent_weights); };
        const auto sum = sum_round(order.set, parent, core->model(), terms, blobs, keys.seal);
        ASSERT_TRUE(sum) << sum.error().message;
        examined.forget(order.set);
        ASSERT_TRUE(blobs.put(sum->digests.back(), std::as_bytes(std::span(sum->weights))));
        SumReady ready{order.round, sum->sum, sum->digests};
        if (order.sketch_key) ready.sketches = sketches_of(sum->weights, core->model(), order.sketch_key);
        if (!sum->optimiser.empty()) {
            ready.optimiser = crypto::sha256(ByteView(sum->optimiser));
            ASSERT_TRUE(blobs.put(*ready.optimiser, sum->optimiser));
        }
        sums.push_back(std::move(ready));
        pending_.push_back(sums.back());
    }
    if (outermost) settle();
}

std::vector<float> FederationBench::weights(const Digest& name) const {
    const Bytes bytes = *blobs.get(name);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

wire::Manifest FederationBench::newest_manifest() const {
    return *wire::open_manifest(core->newest().manifest, keys.signing.verify_key());
}

FederationBench::MadeToken FederationBench::make_token(std::uint32_t uses, std::chrono::milliseconds life, Tier tier) {
    TokenId id;
    const ByteArray<16> fresh = next_id();
    std::copy_n(fresh.begin(), id.value.size(), id.value.begin());
    const Digest secret_hash = hash_of("secret" + id.to_text());
    tell(OperatorCreatesToken{1, {now, id, secret_hash, now + life, uses, tier, ""}});
    return {id, wire::proof_key(secret_hash)};
}

wire::JoinReply FederationBench::join(FakeNode& node, TokenId token, const crypto::Secret<32>& key, Tier tier,
                                      const std::string& name) {
    if (node.transport == ByteArray<32>{}) node.transport = hash_of("transport" + node.id().to_text());
    wire::JoinRequest request;
    request.token = token;
    request.identity = node.identity.verify_key().value;
    request.transport = node.transport;
    request.name = name;
    request.tier = tier;
    wire::prove(request, key, node.identity);
    tell(PeerAskedToJoin{node.transport, request});
    return *std::exchange(join_reply_, std::nullopt);
}

FakeNode FederationBench::enrolled(Tier tier) {
    const MadeToken token = make_token();
    FakeNode node;
    const auto reply = join(node, token.id, token.key, tier);
    EXPECT_TRUE(reply.admitted) << reply.text;
    return node;
}

wire::SignedBytes FederationBench::lease(const FakeNode& node, ModelVersion base, Tier tier) {
    const auto said = say(node, wire::LeaseRequest{base, tier});
    if (said.size() != 1 || !std::holds_alternative<wire::LeaseGrant>(said[0])) {
        ADD_FAILURE() << "no lease was granted";
        return {};
    }
    return std::get<wire::LeaseGrant>(said[0]).lease;
}

OfferedUpdate FederationBench::sealed(FakeNode& node, const std::vector<float>& delta, std::uint32_t examples) {
    const Tier tier = delta.size() == values_[0]   ? Tier::Light
                      : delta.size() == values_[1] ? Tier::Medium
                                                   : Tier::Heavy;
    return sealed_under(node, lease(node, core->newest_for(node.id()).version, tier), delta, examples);
}

OfferedUpdate FederationBench::sealed_under(FakeNode& node, const wire::SignedBytes& signed_lease,
                                            const std::vector<float>& delta, std::uint32_t examples) {
    const wire::Lease lease = *wire::open_lease(signed_lease, keys.signing.verify_key());
    const auto header = wire::UpdateHeader::under(lease, Sequence{++node.sequence}, examples);
    wire::UpdateBody body;
    body.labelled = examples;
    body.errors = std::min(examples, 7U);
    body.confusions = {{1, 2, static_cast<std::uint32_t>(body.errors)}};
    body.error_counts = node.error_counts;
    body.audits = node.audits;
    body.soft_labels = node.soft_labels;
    body.delta = delta;
    const auto update = *wire::seal(header, body, keys.seal.public_key(), node.identity);
    return {{signed_lease, update.header, update.sealed.size(), update.content, update.signature}, update.sealed};
}

wire::FromCoordinator FederationBench::deliver(const FakeNode& node, const OfferedUpdate& update) {
    std::vector<wire::FromCoordinator> said = say(node, update.offer);
    for (int turns = 0; turns < 100; ++turns) {
        if (said.empty()) break;
        const auto* const pull = std::get_if<wire::PullUpdate>(&said.front());
        if (pull == nullptr) return said.front();
        std::vector<wire::FromCoordinator> next;
        for (std::uint32_t index = pull->first; index < pull->first + pull->count; ++index) {
            const std::size_t offset = std::size_t{index} * limits::kChunkBytes;
            const std::size_t size = std::min(limits::kChunkBytes, update.sealed.size() - offset);
            const auto more = say(
                node, wire::UpdateChunk{pull->sequence, index, copy_of(ByteView(update.sealed).subspan(offset, size))});
            next.insert(next.end(), more.begin(), more.end());
        }
        said = std::move(next);
    }
    ADD_FAILURE() << "the update got no answer";
    return wire::Denied{};
}

wire::FromCoordinator FederationBench::contribute(FakeNode& node, const std::vector<float>& delta,
                                                  std::uint32_t examples) {
    return deliver(node, sealed(node, delta, examples));
}

}  // namespace skerry::coordinator
