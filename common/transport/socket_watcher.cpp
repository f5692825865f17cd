#include "common/transport/socket_watcher.hpp"

#include <cerrno>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

namespace skerry::transport {

namespace {
constexpr int kMessagesPerTurn = 16;
constexpr std::size_t kMovedBytesMin = 1024;
}  // namespace

struct SocketWatcher::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, zmq::socket_t taken, Envelope kind, MessageBounds limits, OnMessage handler)
        : loop(io),
          socket(std::move(taken)),
          signal(io),
          envelope(kind),
          bounds(limits),
          on_message(std::move(handler)) {
        signal.assign(socket.get(zmq::sockopt::fd));
    }

    boost::asio::io_context& loop;
    zmq::socket_t socket;
    boost::asio::posix::stream_descriptor signal;  ///< borrowed from the socket, released before it
    Envelope envelope;
    MessageBounds bounds;
    OnMessage on_message;
    std::uint64_t refused = 0;
    bool drain_is_queued = false;
    bool closed = false;

    void watch() {
        signal.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              if (error || self->closed) return;
                              self->watch();
                              self->drain();
                          });
    }

    void queue_drain() {
        if (std::exchange(drain_is_queued, true)) return;
        boost::asio::post(loop, [self = shared_from_this()] {
            self->drain_is_queued = false;
            self->drain();
        });
    }

    void drain() {
        for (int taken = 0; taken < kMessagesPerTurn; ++taken) {
            if (closed || !receive_one()) return;
        }
        queue_drain();  // more may be waiting, and nothing will signal it again
    }

    /// False: nothing is waiting, and what comes later will signal.
    bool receive_one() {
        std::vector<zmq::message_t> frames;
        std::size_t frame_count = 0;
        std::size_t bytes = 0;
        bool within_bounds = true;
        bool more = true;
        while (more) {
            zmq::message_t frame;
            if (zmq_msg_recv(frame.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) {
                if (zmq_errno() == EINTR) continue;
                return false;
            }
            more = frame.more();
            if (envelope == Envelope::RoutingId && frames.empty() && frame_count == 0 && within_bounds) {
                frames.push_back(std::move(frame));
                continue;
            }
            bytes += frame.size();
            within_bounds = within_bounds && ++frame_count <= bounds.frames_max &&
                            frame.size() <= bounds.frame_bytes_max && bytes <= bounds.message_bytes_max;
            if (within_bounds) {
                frames.push_back(std::move(frame));
            } else {
                frames.clear();  // to its end, without keeping it
            }
        }
        if (within_bounds) {
            on_message(frames);
        } else {
            ++refused;
        }
        return true;
    }

    void close() {
        closed = true;
        signal.release();  // the descriptor belongs to the socket
        socket.close();
    }
};

SocketWatcher::SocketWatcher(boost::asio::io_context& loop, zmq::socket_t socket, Envelope envelope,
                             MessageBounds bounds, OnMessage on_message)
    : state_(std::make_shared<State>(loop, std::move(socket), envelope, bounds, std::move(on_message))) {
    state_->watch();
    state_->queue_drain();
}

SocketWatcher::~SocketWatcher() {
    state_->close();
}

SocketWatcher::Sent SocketWatcher::send(std::span<zmq::message_t> frames) {
    SKERRY_ASSERT(!frames.empty());
    state_->queue_drain();
    zmq::socket_t& socket = state_->socket;
    bool looked = false;
    for (std::size_t i = 0; i < frames.size();) {
        const int flags = ZMQ_DONTWAIT | (i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
        if (zmq_msg_send(frames[i].handle(), socket.handle(), flags) >= 0) {
            ++i;
            continue;
        }
        const int reason = zmq_errno();
        if (reason == EINTR) continue;
        if (reason == EHOSTUNREACH) return Sent::NoSuchPeer;
        // Room is made for a whole message with its first frame. A later one fails only when the connection ended
        // between the two, and then ZeroMQ has taken back the first.
        if (i > 0) return Sent::Full;
        // A send looks at the socket's own news only now and then; a connection made a moment ago may wait there.
        if (reason != EAGAIN || std::exchange(looked, true)) return Sent::Full;
        static_cast<void>(socket.get(zmq::sockopt::events));
    }
    return Sent::Queued;
}

zmq::socket_t& SocketWatcher::socket() {
    return state_->socket;
}
void SocketWatcher::look() {
    state_->queue_drain();
}
std::uint64_t SocketWatcher::refused_messages() const {
    return state_->refused;
}

zmq::message_t message_of(Bytes bytes) {
    if (bytes.size() < kMovedBytesMin) return {bytes.data(), bytes.size()};
    auto* owned = new Bytes(std::move(bytes));
    return {owned->data(), owned->size(), [](void*, void* owner) { delete static_cast<Bytes*>(owner); }, owned};
}

zmq::message_t message_of(SharedBytes bytes) {
    auto* owned = new SharedBytes(std::move(bytes));
    // ZeroMQ writes into no message that is sent; it only has no name for constant bytes.
    void* const data = const_cast<std::byte*>(owned->bytes.data());
    return {data, owned->bytes.size(), [](void*, void* owner) { delete static_cast<SharedBytes*>(owner); }, owned};
}

}  // namespace skerry::transport
