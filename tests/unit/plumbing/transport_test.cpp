#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>

#include "tests/unit/plumbing/transport_fixture.hpp"

// What those who are in say to each other.

namespace skerry::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

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

TEST_F(TransportTest, ManySlowReadersHoldTheSameBytesOnce) {
    const auto router = open_router();
    Node first;
    Node second;
    for (Node* const node : {&first, &second}) {
        connect(*node, *router);
        const std::size_t before = heard_.size();
        ASSERT_TRUE(node->say({"send me all"}));
        ASSERT_TRUE(loop_.run_until([&] { return heard_.size() > before; }));
    }
    auto shared = SharedBytes::of(Bytes(1 << 20, std::byte{'x'}));
    const std::weak_ptr<const void> kept = shared.owner;
    for (int i = 0; i < 8; ++i) {
        for (const Node* const node : {&first, &second})
            ASSERT_TRUE(router->send(node->keys.public_key, frames_of({"chunk"}), shared));
    }
    shared = {};
    EXPECT_FALSE(kept.expired()) << "what is on its way points to it";
    ASSERT_TRUE(loop_.run_until([&] { return first.received.size() == 8 && second.received.size() == 8; }));
    for (const auto& message : second.received)
        EXPECT_THAT(message, ElementsAre("chunk", std::string(1 << 20, 'x')));
    ASSERT_TRUE(loop_.run_until([&] {
        boost::asio::post(loop_.io(), [] {});
        return kept.expired();
    }));
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

TEST_F(TransportTest, APeerThatIsGoneIsNotSentTo) {
    const auto router = open_router();
    Node node;
    connect(node, *router);
    ASSERT_TRUE(node.say({"hello"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == 1; }));
    EXPECT_TRUE(router->send(node.keys.public_key, frames_of({"known"})));
    node.dealer.reset();
    ASSERT_TRUE(loop_.run_until([&] {
        boost::asio::post(loop_.io(), [] {});
        return !router->send(node.keys.public_key, frames_of({"gone"}));
    }));
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

}  // namespace
}  // namespace skerry::transport
