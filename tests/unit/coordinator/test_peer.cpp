#include "tests/unit/coordinator/test_peer.hpp"

#include <cstring>
#include <optional>

#include <gtest/gtest.h>

#include "common/base/limits.hpp"

namespace skerry::coordinator {

using namespace std::chrono_literals;

TestPeer::TestPeer(boost::asio::io_context& loop, transport::Context& context, std::string name)
    : loop_(loop), context_(context), name_(std::move(name)) {}

std::string TestPeer::join(const std::string& token_text, Tier tier) {
    const auto token = wire::parse_token(token_text);
    if (!token) return token.error().message;
    server_.value = token->transport;
    root_ = token->root;
    const auto key = wire::proof_key(wire::secret_hash(*token));
    wire::JoinRequest request;
    request.token = token->id;
    request.identity = identity.verify_key().value;
    request.transport = curve_.public_key.value;
    request.name = name_;
    request.tier = tier;
    wire::prove(request, key, identity);

    std::optional<wire::JoinReply> reply;
    std::unique_ptr<transport::Dealer> dealer;
    transport::DealerOptions options;
    options.keys = curve_;
    options.server = server_;
    transport::DealerEvents events;
    events.on_connected = [&] { (void)dealer->send(wire::encode(request)); };
    events.on_message = [&](const transport::Frames& frames) { reply = *wire::decode_join_reply(frames); };
    dealer = *transport::Dealer::open(context_, options, events);
    EXPECT_TRUE(dealer->connect(token->enrol_endpoint));
    if (!run_until(loop_, [&] { return reply.has_value(); })) return "no answer";
    EXPECT_TRUE(wire::check(*reply, request, key)) << "the coordinator did not prove that it knows the token";
    if (!reply->admitted) return reply->text;
    EXPECT_EQ(reply->root, root_.value);
    keys = *wire::open_keys(reply->keys, root_);
    EXPECT_TRUE(wire::open_certificate(reply->certificate, root_));
    model_text = reply->model;
    fleet_endpoint_ = reply->fleet_endpoint;
    return {};
}

void TestPeer::connect() {
    transport::DealerOptions options;
    options.keys = curve_;
    options.server = server_;
    options.reconnect_min = 20ms;
    options.reconnect_max = 100ms;
    transport::DealerEvents events;
    events.on_message = [this](const transport::Frames& frames) {
        auto message = wire::decode_from_coordinator(frames);
        ASSERT_TRUE(message) << message.error().message;
        heard.push_back(*std::move(message));
    };
    dealer_ = *transport::Dealer::open(context_, options, events);
    ASSERT_TRUE(dealer_->connect(fleet_endpoint_));
    ASSERT_TRUE(run_until(loop_, [&] { return dealer_->connected(); }));
}

void TestPeer::send(const wire::FromNode& message) {
    ASSERT_TRUE(dealer_->send(wire::encode(message)));
}

wire::FromCoordinator TestPeer::ask_for(const wire::FromNode& question, std::size_t kind) {
    send(question);
    return await_kind(kind);
}

wire::FromCoordinator TestPeer::await_kind(std::size_t kind) {
    std::optional<wire::FromCoordinator> found;
    const bool came = run_until(loop_, [&] {
        for (auto message = heard.begin(); message != heard.end(); ++message) {
            if (message->index() != kind) continue;
            found = std::move(*message);
            heard.erase(message);
            return true;
        }
        return false;
    });
    if (!came) throw std::runtime_error("the awaited message did not come");
    return *found;
}

wire::Welcome TestPeer::hello() {
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = model;
    hello.certificate_expires = Clock::now() + 24h * 90;
    hello.software = "test-peer";
    return ask<wire::Welcome>(hello);
}

Bytes TestPeer::pull_bytes(ModelVersion version, Tier tier, std::size_t size, WeightEncoding encoding,
                           ModelVersion base) {
    Bytes bytes;
    const std::size_t chunks = (size + limits::kChunkBytes - 1) / limits::kChunkBytes;
    for (std::uint32_t index = 0; index < chunks; ++index) {
        const auto chunk = ask<wire::ModelChunk>(wire::ModelPull{version, tier, index, 1, encoding, base});
        EXPECT_EQ(chunk.index, index);
        EXPECT_EQ(chunk.encoding, encoding);
        EXPECT_EQ(chunk.base, base);
        bytes.insert(bytes.end(), chunk.bytes.begin(), chunk.bytes.end());
    }
    return bytes;
}

std::vector<float> TestPeer::pull(ModelVersion version, Tier tier, std::size_t values) {
    const Bytes bytes = pull_bytes(version, tier, values * sizeof(float));
    std::vector<float> weights(bytes.size() / sizeof(float));
    std::memcpy(weights.data(), bytes.data(), weights.size() * sizeof(float));
    return weights;
}

wire::SealedUpdate TestPeer::seal(const wire::SignedBytes& signed_lease, const std::vector<float>& delta,
                                  std::uint32_t examples) {
    const wire::Lease lease = *wire::open_lease(signed_lease, keys.signing);
    const auto header = wire::UpdateHeader::under(lease, Sequence{++sequence}, examples);
    wire::UpdateBody body;
    body.labelled = examples;
    body.errors = 3;
    body.confusions = {{0, 1, 2}};
    body.error_counts = wire::ErrorCounts{{0, 0, 1, 0, 0, 0, 2}, 1};
    body.delta = delta;
    return *wire::seal(header, body, keys.seal, identity);
}

wire::FromCoordinator TestPeer::deliver(const wire::SignedBytes& lease, const wire::SealedUpdate& update) {
    send(wire::UpdateOffer{lease, update.header, update.sealed.size(), update.content, update.signature});
    std::optional<wire::FromCoordinator> fate;
    const bool ended = run_until(loop_, [&] {
        while (!heard.empty() && !fate) {
            const wire::FromCoordinator message = std::move(heard.front());
            heard.pop_front();
            if (const auto* pull = std::get_if<wire::PullUpdate>(&message)) {
                for (std::uint32_t index = pull->first; index < pull->first + pull->count; ++index) {
                    const std::size_t offset = std::size_t{index} * limits::kChunkBytes;
                    const std::size_t size = std::min(limits::kChunkBytes, update.sealed.size() - offset);
                    send(wire::UpdateChunk{pull->sequence, index,
                                           copy_of(ByteView(update.sealed).subspan(offset, size))});
                }
            } else if (std::holds_alternative<wire::Receipt>(message) ||
                       std::holds_alternative<wire::Refusal>(message) ||
                       std::holds_alternative<wire::Denied>(message)) {
                fate = message;
            }
        }
        return fate.has_value();
    });
    if (!ended) throw std::runtime_error("the update got no fate");
    return *fate;
}

wire::FromCoordinator TestPeer::contribute(ModelVersion base, const std::vector<float>& delta, std::uint32_t examples,
                                           Tier tier) {
    const auto grant = ask<wire::LeaseGrant>(wire::LeaseRequest{base, tier});
    return deliver(grant.lease, seal(grant.lease, delta, examples));
}

}  // namespace skerry::coordinator
