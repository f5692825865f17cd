#include "common/transport/door.hpp"

#include <cstdint>
#include <cstring>
#include <linux/filter.h>
#include <string>
#include <sys/socket.h>
#include <unordered_set>
#include <utility>

namespace skerry::transport {

namespace {

constexpr int kDoorEvents = ZMQ_EVENT_LISTENING | ZMQ_EVENT_CLOSED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED;

// So many places must be free before the door opens again: not a turn of it for each who goes.
std::size_t reopened_below(std::size_t connections_max) {
    return connections_max - connections_max / 16;
}

// A kernel that refuses leaves the door open; then the limit of descriptors is the bound.
void drop_requests_to_connect(int listener) {
    sock_filter nothing = {BPF_RET | BPF_K, 0, 0, 0};
    const sock_fprog program = {1, &nothing};
    static_cast<void>(::setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

void take_requests_to_connect(int listener) {
    const int ignored = 0;
    static_cast<void>(::setsockopt(listener, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored));
}

}  // namespace

struct Door::State {
    zmq::socket_t& socket;
    std::size_t connections_max;
    std::function<void(bool)> on_full;
    std::unordered_set<int> listeners{};
    std::unordered_set<int>
        connections{};  ///< by descriptor: one that we missed the end of is known again by its number
    bool full = false;
    std::unique_ptr<SocketWatcher> monitor{};

    void notice(const std::vector<zmq::message_t>& frames) {
        // 16 bits of event and 32 of value, here a descriptor; the address in a second frame: zmq_socket_monitor(3)
        std::uint16_t event = 0;
        std::int32_t descriptor = 0;
        if (frames.empty() || frames[0].size() < sizeof event + sizeof descriptor) return;
        std::memcpy(&event, frames[0].data(), sizeof event);
        std::memcpy(&descriptor, static_cast<const char*>(frames[0].data()) + sizeof event, sizeof descriptor);
        switch (event) {
            case ZMQ_EVENT_LISTENING:
                listeners.insert(descriptor);
                if (full) drop_requests_to_connect(descriptor);
                break;
            case ZMQ_EVENT_CLOSED:
                listeners.erase(descriptor);
                break;
            case ZMQ_EVENT_ACCEPTED:
                connections.insert(descriptor);
                break;
            default:
                connections.erase(descriptor);
        }
        turn();
    }

    void turn() {
        const bool now =
            full ? connections.size() >= reopened_below(connections_max) : connections.size() >= connections_max;
        if (std::exchange(full, now) == now) return;
        for (const int listener : listeners)
            now ? drop_requests_to_connect(listener) : take_requests_to_connect(listener);
        if (on_full) on_full(now);
    }
};

Door::Door(Context::State& context, zmq::socket_t& socket, std::size_t connections_max,
           std::function<void(bool)> on_full)
    : state_(new State{socket, connections_max, std::move(on_full)}) {
    const std::string address = "inproc://skerry-monitor-" + std::to_string(++context.monitors);
    if (zmq_socket_monitor(socket.handle(), address.c_str(), kDoorEvents) != 0) throw zmq::error_t();
    zmq::socket_t events(context.context, zmq::socket_type::pair);
    events.set(zmq::sockopt::linger, 0);
    // Without a limit: a full queue would block ZeroMQ's own thread, and with it whoever then closes the monitor.
    events.set(zmq::sockopt::rcvhwm, 0);
    events.connect(address);
    const std::weak_ptr<State> weak = state_;
    state_->monitor = std::make_unique<SocketWatcher>(context.loop, std::move(events), SocketWatcher::Envelope::None,
                                                      MessageBounds{}, [weak](std::vector<zmq::message_t>& frames) {
                                                          if (const auto state = weak.lock()) state->notice(frames);
                                                      });
}

Door::~Door() {
    // First the source of the events.
    zmq_socket_monitor(state_->socket.handle(), nullptr, 0);
}

std::size_t Door::connections() const {
    return state_->connections.size();
}

}  // namespace skerry::transport
