#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "common/transport/dealer.hpp"
#include "common/transport/router.hpp"
#include "tests/unit/plumbing/loop.hpp"

namespace skerry::transport {

inline Frames frames_of(std::initializer_list<std::string_view> texts) {
    Frames frames;
    for (const std::string_view text : texts)
        frames.push_back(copy_of(bytes_of(text)));
    return frames;
}

inline std::vector<std::string> texts_of(const Frames& frames) {
    std::vector<std::string> texts;
    for (const Bytes& frame : frames)
        texts.emplace_back(text_of(frame));
    return texts;
}

/// A node: keeps what happens to its dealer.
struct Node {
    CurveKeyPair keys = *generate_curve_keys();
    std::vector<std::vector<std::string>> received;
    int connections = 0;
    int disconnections = 0;
    std::vector<HandshakeFailure> failures;
    std::unique_ptr<Dealer> dealer;

    void dial(Context& context, const CurvePublicKey& server, const std::string& endpoint) {
        DealerOptions options;
        options.keys = keys;
        options.server = server;
        options.reconnect_min = std::chrono::milliseconds{10};
        options.reconnect_max = std::chrono::milliseconds{100};
        DealerEvents events;
        events.on_message = [this](const Frames& frames) { received.push_back(texts_of(frames)); };
        events.on_connected = [this] { ++connections; };
        events.on_disconnected = [this] { ++disconnections; };
        events.on_handshake_failed = [this](const HandshakeFailure& failure) { failures.push_back(failure); };
        dealer = *Dealer::open(context, std::move(options), std::move(events));
        const auto dialled = dealer->connect(endpoint);
        ASSERT_TRUE(dialled) << dialled.error().message;
    }
    bool say(std::initializer_list<std::string_view> texts) { return dealer->send(frames_of(texts)); }
};

class TransportTest : public testing::Test {
protected:
    struct Heard {
        Sender sender;
        std::vector<std::string> texts;
    };

    std::unique_ptr<Router> open_router(Admit admit = {}, std::string domain = "fleet", MessageBounds bounds = {}) {
        RouterOptions options;
        options.domain = std::move(domain);
        options.admit = std::move(admit);
        options.bounds = bounds;
        return open_router(std::move(options));
    }
    std::unique_ptr<Router> open_router(RouterOptions options) {
        options.keys = server_keys_;
        auto router = Router::open(context_, std::move(options), [this](const Sender& sender, const Frames& frames) {
            heard_.push_back({sender, texts_of(frames)});
        });
        EXPECT_TRUE(router) << router.error().message;
        const auto bound = (*router)->bind("tcp://127.0.0.1:0");
        EXPECT_TRUE(bound) << bound.error().message;
        return std::move(*router);
    }
    void connect(Node& node, const Router& router) {
        node.dial(context_, server_keys_.public_key, router.bound_endpoint());
        ASSERT_TRUE(loop_.run_until([&] { return node.connections > 0; }));
    }

    Loop loop_;
    Context context_{loop_.io()};
    CurveKeyPair server_keys_ = *generate_curve_keys();
    std::deque<Heard> heard_;
};

}  // namespace skerry::transport
