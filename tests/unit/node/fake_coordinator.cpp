#include "tests/unit/node/fake_coordinator.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/difference_codec.hpp"

namespace skerry::node::testing {

namespace {

using std::chrono::hours;

ByteView bytes_of_floats(std::span<const float> floats) {
    return std::as_bytes(floats);
}

}  // namespace

FakeCoordinator::FakeCoordinator(boost::asio::io_context& loop, parameters::ModelSpec spec)
    : context_(loop),
      spec_(std::move(spec)),
      layout_(parameters::ParameterLayout::of(spec_).value()),
      transport_(transport::generate_curve_keys().value()) {
    weights = published_ = parameters::initial_parameters(spec_, layout_, 1);
    token_.id.value[0] = std::byte{7};
    token_.secret = crypto::Secret<16>::random();
    token_.root = root_.verify_key();
    token_.transport = transport_.public_key.value;
    listen();
}

std::string FakeCoordinator::token() const {
    return wire::to_text(token_);
}

void FakeCoordinator::close() {
    fleet_.reset();
    enrol_.reset();
}

void FakeCoordinator::listen() {
    const auto open = [this](const char* domain, std::string& endpoint, transport::Router::OnMessage on_message) {
        transport::RouterOptions options;
        options.keys = transport_;
        options.domain = domain;
        auto router = transport::Router::open(context_, std::move(options), std::move(on_message)).value();
        SKERRY_ASSERT(router->bind(endpoint).has_value());
        endpoint = router->bound_endpoint();
        return router;
    };
    fleet_ = open("fleet", fleet_endpoint_, [this](const auto& sender, auto frames) { on_fleet(sender, frames); });
    enrol_ = open("enrol", enrol_endpoint_, [this](const auto& sender, auto frames) { on_join(sender, frames); });
    token_.enrol_endpoint = enrol_endpoint_;
}

wire::SignedBytes FakeCoordinator::keys() const {
    return wire::sign(wire::KeySet{wire::federation_of(root_.verify_key()), 1, signing_.verify_key(),
                                   seal_.public_key(), transport_.public_key.value},
                      root_);
}

wire::SignedBytes FakeCoordinator::certificate_for(const wire::JoinRequest& request) const {
    const crypto::VerifyKey identity{request.identity};
    return wire::sign(wire::Certificate{wire::federation_of(root_.verify_key()), wire::node_of(identity), identity,
                                        request.transport, request.tier, TimePoint(), Clock::now() + hours(2000)},
                      root_);
}

void FakeCoordinator::on_join(const transport::Sender& sender, const transport::Frames& frames) {
    const auto request = wire::decode_join_request(frames);
    if (!request) return;
    joins.push_back(*request);
    if (!answer_joins) return;
    const auto key = wire::proof_key(wire::secret_hash(token_));
    wire::JoinReply reply;
    reply.admitted = refuse_join.empty() && wire::check(*request, key).has_value();
    reply.text = refuse_join;
    reply.root = (show_another_root ? signing_ : root_).verify_key().value;
    if (reply.admitted) {
        reply.keys = keys();
        reply.certificate = certificate_for(*request);
        reply.model = parameters::canonical_text(spec_);
        reply.fleet_endpoint = fleet_endpoint_;
        node_identity_ = crypto::VerifyKey{request->identity};
        node_.value = request->transport;
    }
    if (prove_join) wire::prove(reply, *request, key);
    static_cast<void>(enrol_->send(sender.key, wire::encode(reply)));
}

void FakeCoordinator::on_fleet(const transport::Sender& sender, const transport::Frames& frames) {
    const auto message = wire::decode_from_node(frames);
    if (!message || sender.key != node_) return;
    std::visit([this](const auto& what) { hear(what); }, *message);
}

void FakeCoordinator::say(const wire::FromCoordinator& message) {
    static_cast<void>(fleet_->send(node_, wire::encode(message)));
}

wire::Announcement FakeCoordinator::announcement() const {
    wire::Manifest manifest;
    manifest.federation = wire::federation_of(root_.verify_key());
    manifest.version = ModelVersion{version};
    manifest.parent = ModelVersion{version - 1};
    manifest.model = parameters::identity_of(spec_);
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        manifest.values[tier] = layout_.prefix(static_cast<Tier>(tier));
        manifest.digests[tier] = crypto::sha256(bytes_of_floats(std::span(weights).first(manifest.values[tier])));
    }
    wire::Announcement announcement{wire::sign(manifest, signing_), counted_, fleet_audits, {}};
    announcement.soft_labels = fleet_soft_labels;
    for (const WeightEncoding encoding : encodings) {
        const parameters::Encoded made = encoded(encoding);
        wire::EncodedWeights record{
            manifest.federation, manifest.version, manifest.digests.back(), encoding, made.prefix_bytes, {}, {}};
        for (std::size_t tier = 0; tier < kTiers; ++tier) {
            record.digests[tier] = crypto::sha256(ByteView(made.bytes).first(made.prefix_bytes[tier]));
            record.errors[tier] = made.errors[tier].relative;
        }
        announcement.encodings.push_back(wire::sign(record, signing_));
    }
    if (!differences || before_.empty()) return announcement;
    announcement.differences.push_back(wire::sign(difference(WeightEncoding::Float32).record, signing_));
    for (const WeightEncoding encoding : encodings)
        announcement.differences.push_back(wire::sign(difference(encoding).record, signing_));
    return announcement;
}

FakeCoordinator::Difference FakeCoordinator::difference(WeightEncoding encoding) const {
    const auto plan = parameters::plan_named(name_of(encoding), layout_.blocks()).value();
    const auto as_read = [&](const std::vector<float>& exact) {
        return parameters::decode(layout_.blocks(), plan, parameters::encode(layout_.blocks(), plan, exact).bytes)
            .value();
    };
    const std::vector<float> base = as_read(before_);
    const std::vector<float> next = as_read(weights);
    Difference made;
    made.record.federation = wire::federation_of(root_.verify_key());
    made.record.version = ModelVersion{version};
    made.record.weights = crypto::sha256(bytes_of_floats(weights));
    made.record.encoding = encoding;
    made.record.base = ModelVersion{version - 1};
    made.record.base_weights = crypto::sha256(bytes_of_floats(before_));
    for (const parameters::Block& block : layout_.blocks()) {
        wire::put_difference(std::span(base).subspan(block.offset, block.count),
                             std::span(next).subspan(block.offset, block.count), made.bytes);
        made.record.bytes[static_cast<std::size_t>(block.tier)] = made.bytes.size();
    }
    if (spoil_differences) made.bytes[made.bytes.size() / 2] ^= std::byte{1};
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        made.record.digests[tier] = crypto::sha256(ByteView(made.bytes).first(made.record.bytes[tier]));
        made.record.values[tier] =
            crypto::sha256(bytes_of_floats(std::span(next).first(layout_.prefix(static_cast<Tier>(tier)))));
    }
    return made;
}

parameters::Encoded FakeCoordinator::encoded(WeightEncoding encoding) const {
    return parameters::encode(layout_.blocks(), parameters::plan_named(name_of(encoding), layout_.blocks()).value(),
                              weights);
}

void FakeCoordinator::hear(const wire::Hello& hello) {
    hellos.push_back(hello);
    say(wire::Welcome{keys(), {}, taken_, 2, announcement()});
}

void FakeCoordinator::hear(const wire::ModelPull& pull) {
    pulls.push_back(pull);
    const parameters::Encoded made = encoded(pull.encoding);
    const bool whole = pull.base.value == 0;
    const Difference changes = whole ? Difference{} : difference(pull.encoding);
    const auto tier = static_cast<std::size_t>(pull.tier);
    const ByteView all = whole ? ByteView(made.bytes).first(made.prefix_bytes[tier])
                               : ByteView(changes.bytes).first(changes.record.bytes[tier]);
    for (std::uint32_t index = pull.first; index < pull.first + pull.count; ++index) {
        const std::size_t offset = index * limits::kChunkBytes;
        if (offset >= all.size() || pull.version.value != version || index >= chunks_served) return;
        say(wire::ModelChunk{pull.version, pull.tier, index,
                             copy_of(all.subspan(offset, std::min(limits::kChunkBytes, all.size() - offset))),
                             pull.encoding, pull.base});
    }
}

void FakeCoordinator::hear(const wire::LeaseRequest& request) {
    if (!accepted.empty()) return say(wire::LeaseDenied{wire::LeaseDenied::Reason::Wait, std::chrono::seconds(1)});
    wire::Lease lease{wire::federation_of(root_.verify_key()),
                      {},
                      wire::node_of(*node_identity_),
                      parameters::identity_of(spec_),
                      request.base,
                      request.tier,
                      10'000,
                      1 << 20,
                      1000.0F,
                      Clock::now() + hours(1)};
    lease.id.value[0] = static_cast<std::byte>(++leases_);
    say(wire::LeaseGrant{wire::sign(lease, signing_)});
}

void FakeCoordinator::hear(const wire::UpdateOffer& offer) {
    offers.push_back(offer);
    if (!take_offers) return;
    const auto header = wire::read_header(offer.header);
    if (!header) return;
    if (refuse_updates) return say(wire::Refusal{header->update.sequence, *refuse_updates, "the test wants it so"});
    if (receipt_ && receipt_->sequence == header->update.sequence) return say(*receipt_);
    pulling_ = offer;
    pulled_.clear();
    say(wire::PullUpdate{header->update.sequence, 0, 1});
}

void FakeCoordinator::hear(const wire::UpdateChunk& chunk) {
    if (!pulling_ || chunk.index != pulled_.size() / limits::kChunkBytes) return;
    pulled_.insert(pulled_.end(), chunk.bytes.begin(), chunk.bytes.end());
    if (pulled_.size() < pulling_->sealed_bytes) {
        return say(wire::PullUpdate{chunk.sequence, chunk.index + 1, 1});
    }
    take_update();
}

void FakeCoordinator::take_update() {
    const wire::UpdateOffer offer = *std::exchange(pulling_, std::nullopt);
    const wire::UpdateHeader header = wire::read_header(offer.header).value();
    const wire::SealedUpdate sealed{offer.header, std::move(pulled_), offer.signature, offer.content};
    if (!wire::verify_signature(offer.content, offer.signature, *node_identity_)) return;
    auto body = wire::open(sealed, seal_);
    if (!body) return say(wire::Refusal{header.update.sequence, wire::RefusalCode::Undecryptable, "it stays shut"});
    accepted.push_back(std::move(*body));
    ++accepted_in_all;
    taken_ = header.update.sequence;
    receipt_ = wire::Receipt{taken_, wire::sign(wire::ReceiptBody{header.federation, header.update, header.lease,
                                                                  offer.content, 64, Clock::now()},
                                                signing_)};
    say(*receipt_);
}

void FakeCoordinator::publish() {
    for (const wire::UpdateBody& update : std::exchange(accepted, {})) {
        for (std::size_t i = 0; i < update.delta.size(); ++i)
            weights[i] += update.delta[i];
    }
    before_ = std::exchange(published_, weights);
    counted_ = taken_;
    ++version;
    say(announcement());
}

}  // namespace skerry::node::testing
