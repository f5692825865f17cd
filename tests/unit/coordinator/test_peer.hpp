#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/transport/dealer.hpp"
#include "common/wire/codec.hpp"
#include "common/wire/sealed_update.hpp"
#include "common/wire/signed.hpp"
#include "common/wire/token.hpp"

namespace skerry::coordinator {

/// Runs the loop until `done` holds; false after a generous time without it.
template <class Done>
bool run_until(boost::asio::io_context& loop, Done done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
        if (std::chrono::steady_clock::now() > limit) return false;
        if (loop.stopped()) loop.restart();
        loop.run_one_for(std::chrono::milliseconds(100));
    }
    return true;
}

/// A node played by a script, over real sockets.
class TestPeer {
public:
    TestPeer(boost::asio::io_context& loop, transport::Context& context, std::string name = "peer");

    /// Empty when admitted, else the coordinator's sentence.
    std::string join(const std::string& token_text, Tier tier = Tier::Heavy);
    void connect();

    /// Sends the question until a message of the wanted kind comes; others are kept in `heard`.
    template <class Answer>
    Answer ask(const wire::FromNode& question) {
        return std::get<Answer>(ask_for(question, wire::FromCoordinator(Answer{}).index()));
    }
    template <class Message>
    Message await() {
        return std::get<Message>(await_kind(wire::FromCoordinator(Message{}).index()));
    }
    void send(const wire::FromNode& message);

    wire::Welcome hello();
    std::vector<float> pull(ModelVersion version, Tier tier, std::size_t values);
    /// All bytes of a version as it is pushed.
    Bytes pull_bytes(ModelVersion version, Tier tier, std::size_t bytes,
                     WeightEncoding encoding = WeightEncoding::Float32, ModelVersion base = {});
    wire::SealedUpdate seal(const wire::SignedBytes& lease, const std::vector<float>& delta, std::uint32_t examples);
    /// Offers it and answers every pull; Receipt, Refusal or Denied.
    wire::FromCoordinator deliver(const wire::SignedBytes& lease, const wire::SealedUpdate& update);
    wire::FromCoordinator contribute(ModelVersion base, const std::vector<float>& delta, std::uint32_t examples,
                                     Tier tier = Tier::Heavy);

    [[nodiscard]] NodeId id() const { return wire::node_of(identity.verify_key()); }

    crypto::SigningKey identity = crypto::SigningKey::generate();
    std::uint64_t sequence = 0;
    std::string model_text;
    Digest model{};  ///< set by the test: the identity of model_text
    wire::KeySet keys;
    std::deque<wire::FromCoordinator> heard;

private:
    wire::FromCoordinator ask_for(const wire::FromNode& question, std::size_t kind);
    wire::FromCoordinator await_kind(std::size_t kind);

    boost::asio::io_context& loop_;
    transport::Context& context_;
    std::string name_;
    transport::CurveKeyPair curve_ = *transport::generate_curve_keys();
    transport::CurvePublicKey server_;
    crypto::VerifyKey root_;
    std::string fleet_endpoint_;
    std::unique_ptr<transport::Dealer> dealer_;
};

}  // namespace skerry::coordinator
