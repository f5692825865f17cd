#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include <zmq.hpp>

#include "common/transport/context_state.hpp"

namespace skerry::transport {

/// Keeps the connections of a listening socket below a bound, for libzmq has none: it accepts until the process has no
/// descriptor left, and then it is the stores that fail.
///
/// At the bound a packet filter on the listening socket drops every request to connect, so that who comes waits in his
/// own TCP, as if the machine were busy, and is let in when a place is free. Those who are in are not touched. What had
/// already shaken hands with the kernel (at most the socket's backlog) still comes in. Loop thread only.
class Door {
public:
    /// Watches `socket` from before its first bind; goes before the socket does. `on_full` is told on the loop's thread
    /// when the door closes (true) and opens again; it may be empty. Throws zmq::error_t.
    Door(Context::State& context, zmq::socket_t& socket, std::size_t connections_max,
         std::function<void(bool full)> on_full);
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    /// Open connections, also those that are still shaking hands.
    [[nodiscard]] std::size_t connections() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace skerry::transport
