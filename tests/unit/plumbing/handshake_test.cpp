#include <set>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <zmq.hpp>

#include "tests/unit/plumbing/transport_fixture.hpp"

// Who gets in.

namespace skerry::transport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

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

TEST(CurveKeys, ArePairsThatTheSecretHalfGivesBack) {
    const CurveKeyPair keys = *generate_curve_keys();
    EXPECT_EQ(curve_keys_of(keys.secret_key)->public_key, keys.public_key);
    EXPECT_NE(generate_curve_keys()->public_key, keys.public_key);
}

}  // namespace
}  // namespace skerry::transport
