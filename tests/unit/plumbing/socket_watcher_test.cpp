#include "common/transport/socket_watcher.hpp"

#include <array>
#include <poll.h>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plumbing/loop.hpp"

namespace skerry::transport {
namespace {

bool readable(int descriptor, int wait_ms) {
    pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, wait_ms) == 1;
}

SocketWatcher::Sent say(SocketWatcher& watcher, std::string_view text) {
    std::array<zmq::message_t, 1> frames = {zmq::message_t(text)};
    return watcher.send(frames);
}

// zmq_getsockopt(3), ZMQ_FD: the signal comes once, and a send may take it away together with the reply it announced.
TEST(SocketWatcher, SeesEveryReplyWhoseSignalASendHasSwallowed) {
    constexpr int kReplies = 8;
    Loop loop;
    zmq::context_t context;
    zmq::socket_t peer(context, zmq::socket_type::pair);
    peer.set(zmq::sockopt::rcvhwm, 0);
    peer.set(zmq::sockopt::linger, 0);
    peer.bind("tcp://127.0.0.1:*");
    zmq::socket_t watched(context, zmq::socket_type::pair);
    watched.set(zmq::sockopt::sndhwm, 0);
    watched.set(zmq::sockopt::linger, 0);
    watched.connect(peer.get(zmq::sockopt::last_endpoint));
    const int descriptor = watched.get(zmq::sockopt::fd);
    int replies = 0;
    SocketWatcher watcher(loop.io(), std::move(watched), SocketWatcher::Envelope::None, {},
                          [&replies](std::vector<zmq::message_t>&) { ++replies; });
    for (int i = 0; i < kReplies; ++i) {
        ASSERT_EQ(say(watcher, "question"), SocketWatcher::Sent::Queued);
        bool has_looked = false;
        boost::asio::post(loop.io(), [&has_looked] { has_looked = true; });
        ASSERT_TRUE(loop.run_until([&] { return has_looked; }));
        zmq::message_t question;
        while (question.to_string_view() != "question")
            ASSERT_TRUE(peer.recv(question).has_value());
        peer.send(zmq::str_buffer("answer"), zmq::send_flags::none);
        ASSERT_TRUE(readable(descriptor, 30'000));
        while (readable(descriptor, 0))
            ASSERT_EQ(say(watcher, "unrelated"), SocketWatcher::Sent::Queued);
        ASSERT_TRUE(loop.run_until([&] { return replies == i + 1; })) << "reply " << i << " lies unseen";
    }
}

TEST(SocketWatcher, SwallowsAMessageBeyondTheBoundsAndOnlyThat) {
    Loop loop;
    zmq::context_t context;
    zmq::socket_t peer(context, zmq::socket_type::pair);
    peer.bind("inproc://here");
    zmq::socket_t watched(context, zmq::socket_type::pair);
    watched.connect("inproc://here");
    std::vector<std::size_t> frame_counts;
    SocketWatcher watcher(loop.io(), std::move(watched), SocketWatcher::Envelope::None,
                          {.frames_max = 2, .frame_bytes_max = 10, .message_bytes_max = 15},
                          [&](std::vector<zmq::message_t>& frames) { frame_counts.push_back(frames.size()); });
    const auto send = [&](std::initializer_list<std::size_t> sizes) {
        std::size_t left = sizes.size();
        for (const std::size_t size : sizes) {
            peer.send(zmq::message_t(size), --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
        }
    };
    send({1, 1, 1});
    send({11});
    send({8, 8});
    send({1, 1, 1, 1, 1, 1, 1});
    send({5, 10});
    send({10});
    ASSERT_TRUE(loop.run_until([&] { return frame_counts.size() == 2; }));
    EXPECT_THAT(frame_counts, testing::ElementsAre(2, 1));
    EXPECT_EQ(watcher.refused_messages(), 4U);
}

}  // namespace
}  // namespace skerry::transport
