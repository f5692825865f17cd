#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <zmq.hpp>

#include "common/base/shared_bytes.hpp"
#include "common/transport/message.hpp"

namespace boost::asio {
class io_context;
}

namespace skerry::transport {

/// Lets one ZeroMQ socket live on the Asio loop. The only code that may send to or receive from that socket.
///
/// ZMQ_FD signals a change once, and any call on the socket may swallow the signal. So every send is followed by a
/// look at the socket: without it, a reply that arrived in the meantime lies unseen until the next unrelated message.
/// zmq_getsockopt(3), ZMQ_FD. A turn takes a bounded number of messages, so that a flood does not starve timers.
/// Loop thread only.
class SocketWatcher {
public:
    /// All frames of one message. Runs on the loop's thread, never inside
    /// send(). May destroy the watcher.
    using OnMessage = std::function<void(std::vector<zmq::message_t>& frames)>;

    /// Whether the first frame of each message is a routing id, which ZeroMQ adds and bounds itself.
    enum class Envelope { None, RoutingId };

    /// Takes over the socket. Messages beyond `bounds` are swallowed and counted.
    SocketWatcher(boost::asio::io_context& loop, zmq::socket_t socket, Envelope envelope, MessageBounds bounds,
                  OnMessage on_message);
    ~SocketWatcher();
    SocketWatcher(const SocketWatcher&) = delete;
    SocketWatcher& operator=(const SocketWatcher&) = delete;

    enum class Sent { Queued, Full, NoSuchPeer };

    /// Queues one multipart message, or nothing of it. Never blocks.
    [[nodiscard]] Sent send(std::span<zmq::message_t> frames);

    /// For options, bind and connect, each followed by look().
    [[nodiscard]] zmq::socket_t& socket();
    /// Looks for messages soon: after any call on the socket that may have swallowed the signal.
    void look();

    [[nodiscard]] std::uint64_t refused_messages() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// The bytes as a message: moved into it, not copied, where that pays.
[[nodiscard]] zmq::message_t message_of(Bytes bytes);
/// The bytes as a message that only points to them.
[[nodiscard]] zmq::message_t message_of(SharedBytes bytes);
[[nodiscard]] inline ByteView view_of(const zmq::message_t& message) {
    return {static_cast<const std::byte*>(message.data()), message.size()};
}

}  // namespace skerry::transport
