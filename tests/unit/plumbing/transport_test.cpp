#include <deque>
#include <set>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zmq.hpp>

#include "common/transport/dealer.hpp"
#include "common/transport/router.hpp"
#include "tests/unit/plumbing/loop.hpp"

namespace skerry::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Frames frames_of(std::initializer_list<std::string_view> texts) {
    Frames frames;
    for (const std::string_view text : texts)
        frames.push_back(copy_of(bytes_of(text)));
    return frames;
}

std::vector<std::string> texts_of(const Frames& frames) {
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
        options.keys = server_keys_;
        options.domain = std::move(domain);
        options.admit = std::move(admit);
        options.bounds = bounds;
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

TEST_F(TransportTest, CarriesMessagesBothWaysAndNamesTheSenderByItsKey) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    ASSERT_TRUE(node.say({"hello", std::string(1 << 20, 'x')}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
    EXPECT_EQ(heard_[0].sender.key, node.keys.public_key);
    EXPECT_THAT(heard_[0].texts, ElementsAre("hello", SizeIs(1 << 20)));
    ASSERT_TRUE(router->send(node.keys.public_key, frames_of({"welcome", ""})));
    ASSERT_TRUE(loop_.run_until([&] { return !node.received.empty(); }));
    EXPECT_THAT(node.received[0], ElementsAre("welcome", ""));
}

TEST_F(TransportTest, NothingIsSentWithoutAConnection) {
    const auto router = open_router();
    Node node;
    node.dial(context_, server_keys_.public_key, router->bound_endpoint());
    EXPECT_FALSE(node.say({"too early"}));
    EXPECT_FALSE(router->send(node.keys.public_key, frames_of({"never heard of"})));
    ASSERT_TRUE(loop_.run_until([&] { return node.dealer->connected(); }));
    ASSERT_TRUE(node.say({"now"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
    EXPECT_THAT(heard_[0].texts, ElementsAre("now"));
}

TEST_F(TransportTest, APeerInTheClearGetsNothing) {
    const auto router = open_router();
    zmq::context_t plain_context;
    zmq::socket_t plain(plain_context, zmq::socket_type::dealer);
    plain.set(zmq::sockopt::linger, 0);
    ASSERT_EQ(zmq_socket_monitor(plain.handle(), "inproc://plain",
                                 ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL),
              0);
    zmq::socket_t monitor(plain_context, zmq::socket_type::pair);
    monitor.connect("inproc://plain");
    plain.connect(router->bound_endpoint());
    plain.send(zmq::str_buffer("hello"), zmq::send_flags::dontwait);
    zmq::message_t event;
    ASSERT_TRUE(loop_.run_until([&] {
        loop_.io().poll();
        return monitor.recv(event, zmq::recv_flags::dontwait).has_value() ||
               (boost::asio::post(loop_.io(), [] {}), false);
    }));
    std::uint16_t kind = 0;
    std::memcpy(&kind, event.data(), sizeof kind);
    EXPECT_NE(kind, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    // Whatever the plain peer sent came before this node's word.
    Node node;
    connect(node, *router);
    ASSERT_TRUE(node.say({"encrypted"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
    EXPECT_THAT(heard_, SizeIs(1));
    EXPECT_THAT(heard_[0].texts, ElementsAre("encrypted"));
}

TEST_F(TransportTest, AnUnknownKeyIsRefusedAtTheHandshakeAndAdmittedAfterAReset) {
    bool admitted = false;
    const auto router = open_router([&](const CurvePublicKey&) { return admitted; });
    Node node;
    node.dial(context_, server_keys_.public_key, router->bound_endpoint());
    ASSERT_TRUE(loop_.run_until([&] { return !node.failures.empty(); }));
    EXPECT_TRUE(node.failures[0].refused);
    EXPECT_THAT(node.failures[0].reason, HasSubstr("does not admit"));
    EXPECT_EQ(node.connections, 0);
    admitted = true;
    ASSERT_TRUE(node.dealer->reset());
    ASSERT_TRUE(loop_.run_until([&] { return node.connections == 1; }));
    EXPECT_TRUE(node.say({"hello"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
}

TEST_F(TransportTest, AServerWithAnotherKeyThanThePinnedOneIsNotBelieved) {
    const auto router = open_router();
    Node node;
    node.dial(context_, generate_curve_keys()->public_key, router->bound_endpoint());
    ASSERT_TRUE(loop_.run_until([&] { return !node.failures.empty(); }));
    EXPECT_FALSE(node.failures[0].refused);
    EXPECT_THAT(node.failures[0].reason, HasSubstr("pinned"));
    EXPECT_EQ(node.connections, 0);
}

TEST_F(TransportTest, EveryReplyArrivesThoughUnrelatedMessagesAreSentInBetween) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    for (int i = 0; i < 8; ++i) {
        const std::string question = "question " + std::to_string(i);
        ASSERT_TRUE(node.say({question}));
        ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty() && heard_.back().texts[0] == question; }));
        ASSERT_TRUE(router->send(node.keys.public_key, frames_of({"answer " + std::to_string(i)})));
        // Each of these may swallow the signal that the answer has come.
        ASSERT_TRUE(node.say({"unrelated"}));
        ASSERT_TRUE(node.say({"unrelated"}));
        ASSERT_TRUE(loop_.run_until([&] { return node.received.size() == static_cast<std::size_t>(i) + 1; }));
    }
}

TEST_F(TransportTest, AMessageBeyondTheBoundsIsNeverSeen) {
    const auto router = open_router({}, "fleet", {.frames_max = 2, .frame_bytes_max = 100, .message_bytes_max = 150});
    Node node;
    connect(node, *router);
    ASSERT_TRUE(node.say({"one", "two", "three"}));
    ASSERT_TRUE(node.say({std::string(100, 'x'), std::string(100, 'x')}));
    ASSERT_TRUE(node.say({std::string(101, 'x')}));
    ASSERT_TRUE(node.say({std::string(100, 'x'), "fits"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
    EXPECT_THAT(heard_[0].texts, ElementsAre(SizeIs(100), "fits"));
    EXPECT_EQ(router->refused_messages(), 3U);
    ASSERT_TRUE(node.say({std::string(2000, 'x')}));
    ASSERT_TRUE(loop_.run_until([&] { return node.disconnections == 1 && node.connections == 2; }));
    ASSERT_TRUE(node.say({"good again"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == 2; }));
    EXPECT_THAT(heard_[1].texts, ElementsAre("good again"));
}

TEST_F(TransportTest, APeerThatComesBackIsReachableOnItsNewConnection) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    for (std::size_t time = 1; time <= 3; ++time) {
        ASSERT_TRUE(node.say({"here"}));
        ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == time; }));
        ASSERT_TRUE(router->send(node.keys.public_key, frames_of({"there"})));
        ASSERT_TRUE(loop_.run_until([&] { return node.received.size() == time; }));
        ASSERT_TRUE(node.dealer->reset());
        ASSERT_TRUE(loop_.run_until([&] { return node.connections == static_cast<int>(time) + 1; }));
    }
    EXPECT_NE(heard_[0].sender.connection, heard_[1].sender.connection);
    EXPECT_NE(heard_[1].sender.connection, heard_[2].sender.connection);
}

TEST_F(TransportTest, ANodeComesBackByItselfWhenTheServerIsRestarted) {
    auto router = open_router();
    const std::string endpoint = router->bound_endpoint();
    Node node;
    connect(node, *router);
    router.reset();
    ASSERT_TRUE(loop_.run_until([&] { return node.disconnections == 1; }));
    EXPECT_FALSE(node.say({"nobody there"}));
    RouterOptions options;
    options.keys = server_keys_;
    options.domain = "fleet";
    router = *Router::open(context_, std::move(options), [this](const Sender& sender, const Frames& frames) {
        heard_.push_back({sender, texts_of(frames)});
    });
    ASSERT_TRUE(router->bind(endpoint));
    ASSERT_TRUE(loop_.run_until([&] { return node.connections == 2; }));
    ASSERT_TRUE(node.say({"back"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
}

TEST_F(TransportTest, APeerThatIsGoneOrForgottenIsNotSentTo) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    ASSERT_TRUE(node.say({"hello"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == 1; }));
    router->forget(node.keys.public_key);
    EXPECT_FALSE(router->send(node.keys.public_key, frames_of({"forgotten"})));
    ASSERT_TRUE(node.say({"again"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == 2; }));
    EXPECT_TRUE(router->send(node.keys.public_key, frames_of({"known"})));
    node.dealer.reset();
    ASSERT_TRUE(loop_.run_until([&] {
        boost::asio::post(loop_.io(), [] {});
        return !router->send(node.keys.public_key, frames_of({"gone"}));
    }));
}

TEST_F(TransportTest, TwoDomainsAdmitTheirOwnKeys) {
    Node member;
    Node stranger;
    const auto fleet = open_router([&](const CurvePublicKey& key) { return key == member.keys.public_key; }, "fleet");
    const auto enrol = open_router({}, "enrol");
    connect(member, *fleet);
    connect(stranger, *enrol);
    ASSERT_TRUE(stranger.say({"may I join?"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
    EXPECT_EQ(heard_[0].sender.key, stranger.keys.public_key);
    EXPECT_TRUE(enrol->send(stranger.keys.public_key, frames_of({"yes"})));
    EXPECT_FALSE(fleet->send(stranger.keys.public_key, frames_of({"no"})));
    Node intruder;
    intruder.dial(context_, server_keys_.public_key, fleet->bound_endpoint());
    ASSERT_TRUE(loop_.run_until([&] { return !intruder.failures.empty(); }));
    EXPECT_TRUE(intruder.failures[0].refused);
}

TEST_F(TransportTest, ARevokedKeyIsStillNamedOnItsOpenConnectionAndRefusedOnTheNext) {
    std::set<CurvePublicKey> admitted;
    const auto router = open_router([&](const CurvePublicKey& key) { return admitted.contains(key); });
    Node node;
    admitted.insert(node.keys.public_key);
    connect(node, *router);
    admitted.clear();
    ASSERT_TRUE(node.say({"still here"}));
    ASSERT_TRUE(loop_.run_until([&] { return !heard_.empty(); }));
    EXPECT_EQ(heard_[0].sender.key, node.keys.public_key);
    ASSERT_TRUE(node.dealer->reset());
    ASSERT_TRUE(loop_.run_until([&] { return !node.failures.empty(); }));
    EXPECT_TRUE(node.failures[0].refused);
}

TEST_F(TransportTest, AFullQueueRefusesInsteadOfBlocking) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    bool refused = false;
    // Nobody runs the loop meanwhile, so the router takes nothing.
    for (int i = 0; i < 10'000 && !refused; ++i)
        refused = !node.dealer->send({Bytes(100'000)});
    EXPECT_TRUE(refused);
    ASSERT_TRUE(loop_.run_until([&] { return node.say({"room again"}); }));
}

TEST_F(TransportTest, AFloodDoesNotKeepTimersFromFiring) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    std::size_t sent = 0;
    boost::asio::steady_timer timer(loop_.io(), std::chrono::milliseconds{1});
    bool fired = false;
    timer.async_wait([&](const boost::system::error_code&) { fired = true; });
    ASSERT_TRUE(loop_.run_until([&] {
        while (node.say({"flood"}))
            ++sent;
        return fired;
    }));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() >= sent; }));
}

TEST_F(TransportTest, AHandlerMayDestroyItsSocket) {
    std::unique_ptr<Router> router;
    RouterOptions options;
    options.keys = server_keys_;
    options.domain = "fleet";
    bool heard = false;
    router = *Router::open(context_, std::move(options), [&](const Sender&, const Frames&) {
        heard = true;
        router.reset();
    });
    ASSERT_TRUE(router->bind("tcp://127.0.0.1:0"));
    Node node;
    connect(node, *router);
    ASSERT_TRUE(node.say({"one"}));
    ASSERT_TRUE(node.say({"two"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard; }));
    ASSERT_TRUE(loop_.run_until([&] { return node.disconnections == 1; }));
}

TEST_F(TransportTest, AnEndpointThatCannotBeUsedIsExplained) {
    const auto router = open_router();
    const auto taken = open_router({}, "enrol")->bind(router->bound_endpoint());
    EXPECT_EQ(taken.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(taken.error().message, HasSubstr("stop the program that has this port"));
    EXPECT_EQ(router->bind("rubbish").error().code, ErrorCode::InvalidInput);
    Node node;
    DealerOptions options;
    options.keys = node.keys;
    const auto dealer = *Dealer::open(context_, std::move(options), {});
    EXPECT_EQ(dealer->connect("http://x").error().code, ErrorCode::InvalidInput);
}

TEST(CurveKeys, ArePairsThatTheSecretHalfGivesBack) {
    const CurveKeyPair keys = *generate_curve_keys();
    EXPECT_EQ(curve_keys_of(keys.secret_key)->public_key, keys.public_key);
    EXPECT_NE(generate_curve_keys()->public_key, keys.public_key);
}

}  // namespace
}  // namespace skerry::transport
