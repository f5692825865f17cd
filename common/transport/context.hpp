#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/error.hpp"
#include "common/transport/curve_keys.hpp"

namespace boost::asio {
class io_context;
}

namespace skerry::transport {

/// Says whether a key may connect. Asked once, at the handshake: a key that is revoked later goes on to deliver on its
/// open connection, so the owner of a Router looks the key's status up on every message.
using Admit = std::function<bool(const CurvePublicKey&)>;

/// The ZeroMQ context of one process and its ZAP handler (RFC 27), which serves all Routers from the loop's thread.
/// Outlives its Routers and Dealers and is used from the loop's thread only. Its destructor waits for messages that
/// are still being sent, at most for their sockets' linger time.
class Context {
public:
    /// `io_threads`: ZeroMQ's own; one encrypts about 0.3 GB/s.
    explicit Context(boost::asio::io_context& loop, int io_threads = 1);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    struct State;
    /// For sockets of this folder.
    [[nodiscard]] State& state() { return *state_; }

private:
    std::unique_ptr<State> state_;
};

}  // namespace skerry::transport
