#include "common/transport/dealer.hpp"

#include <cerrno>
#include <cstring>

#include "common/transport/curve_socket.hpp"

namespace skerry::transport {

namespace {

constexpr int kHandshakeEvents = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                 ZMQ_EVENT_DISCONNECTED;

HandshakeFailure failure_of(std::uint16_t event) {
    switch (event) {
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return {"the server does not admit this node's key: was the node revoked or never enrolled?", true};
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            return {"the server failed to prove the pinned key, or speaks another protocol: is it the right address?",
                    false};
        default:
            return {"the server ended the handshake: is it a coordinator, and the one whose key is pinned?", false};
    }
}

}  // namespace

struct Dealer::State : std::enable_shared_from_this<State> {
    State(Context::State& owner, DealerOptions given, DealerEvents handlers)
        : context(owner), options(std::move(given)), events(std::move(handlers)) {}
    ~State() { close(); }

    Context::State& context;
    const DealerOptions options;
    const DealerEvents events;
    std::string endpoint;
    bool connected = false;
    std::unique_ptr<SocketWatcher> socket;
    std::unique_ptr<SocketWatcher> monitor;

    void close() {
        // First the source of the events: a monitor without a receiver would block ZeroMQ's own thread.
        if (socket) zmq_socket_monitor(socket->socket().handle(), nullptr, 0);
        monitor.reset();
        socket.reset();
        connected = false;
    }

    /// A fresh socket with its monitor, not yet connected. Throws zmq::error_t.
    Result<> open() {
        zmq::socket_t dealer = make_curve_socket(context, zmq::socket_type::dealer,
                                                 {.keys = &options.keys,
                                                  .frame_bytes_max = options.bounds.frame_bytes_max,
                                                  .receive_queue = options.receive_queue,
                                                  .send_queue = options.send_queue,
                                                  .handshake_time = options.handshake_time,
                                                  .linger = options.linger});
        dealer.set(zmq::sockopt::curve_serverkey, buffer_of(options.server.value));
        dealer.set(zmq::sockopt::reconnect_ivl, static_cast<int>(options.reconnect_min.count()));
        dealer.set(zmq::sockopt::reconnect_ivl_max, static_cast<int>(options.reconnect_max.count()));
        SKERRY_TRY(check_curve(dealer));

        const std::string address = "inproc://skerry-monitor-" + std::to_string(++context.monitors);
        if (zmq_socket_monitor(dealer.handle(), address.c_str(), kHandshakeEvents) != 0) throw zmq::error_t();
        zmq::socket_t events_pair(context.context, zmq::socket_type::pair);
        events_pair.set(zmq::sockopt::linger, 0);
        events_pair.connect(address);

        const std::weak_ptr<State> weak = weak_from_this();
        monitor = std::make_unique<SocketWatcher>(context.loop, std::move(events_pair), SocketWatcher::Envelope::None,
                                                  MessageBounds{}, [weak](std::vector<zmq::message_t>& frames) {
                                                      if (const auto self = weak.lock()) self->notice(frames);
                                                  });
        socket = std::make_unique<SocketWatcher>(context.loop, std::move(dealer), SocketWatcher::Envelope::None,
                                                 options.bounds, [weak](std::vector<zmq::message_t>& parts) {
                                                     if (const auto self = weak.lock()) self->receive(parts);
                                                 });
        return {};
    }

    void dial() {
        zmq::socket_t& dealer = socket->socket();
        dealer.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos);
        dealer.connect(endpoint);
        socket->look();
    }

    void receive(const std::vector<zmq::message_t>& parts) {
        if (!events.on_message) return;
        Frames frames;
        frames.reserve(parts.size());
        for (const zmq::message_t& part : parts)
            frames.push_back(copy_of(view_of(part)));
        events.on_message(std::move(frames));
    }

    void notice(const std::vector<zmq::message_t>& frames) {
        std::uint16_t event = 0;  // then 32 bits of detail, then the address in a second frame: zmq_socket_monitor(3)
        if (frames.empty() || frames[0].size() < sizeof event) return;
        std::memcpy(&event, frames[0].data(), sizeof event);
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            connected = true;
            if (events.on_connected) events.on_connected();
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            if (std::exchange(connected, false) && events.on_disconnected) events.on_disconnected();
        } else if (events.on_handshake_failed) {
            events.on_handshake_failed(failure_of(event));
        }
    }
};

Dealer::Dealer(std::shared_ptr<State> state) : state_(std::move(state)) {}
Dealer::~Dealer() {
    state_->close();
}

Result<std::unique_ptr<Dealer>> Dealer::open(Context& context, DealerOptions options, DealerEvents events) try {
    auto state = std::make_shared<State>(context.state(), std::move(options), std::move(events));
    SKERRY_TRY(state->open());
    return std::unique_ptr<Dealer>(new Dealer(std::move(state)));
} catch (const zmq::error_t& error) {
    return fail(ErrorCode::Internal, std::string("opening the dealer: ") + error.what());
}

Result<> Dealer::connect(const std::string& endpoint) try {
    SKERRY_ASSERT(state_->endpoint.empty());
    state_->endpoint = endpoint;
    state_->dial();
    return {};
} catch (const zmq::error_t& error) {
    state_->endpoint.clear();
    return tl::unexpected<Error>(endpoint_error(error, "connecting to", endpoint));
}

bool Dealer::send(Frames frames) {
    if (!state_->connected || frames.empty()) return false;
    std::vector<zmq::message_t> parts;
    parts.reserve(frames.size());
    for (Bytes& frame : frames)
        parts.push_back(message_of(std::move(frame)));
    return state_->socket->send(parts) == SocketWatcher::Sent::Queued;
}

bool Dealer::connected() const {
    return state_->connected;
}

Result<> Dealer::reset() try {
    state_->socket->socket().set(zmq::sockopt::linger, 0);
    state_->close();
    SKERRY_TRY(state_->open());
    if (!state_->endpoint.empty()) state_->dial();
    return {};
} catch (const zmq::error_t& error) {
    return fail(ErrorCode::Internal, std::string("resetting the dealer: ") + error.what());
}

}  // namespace skerry::transport
