#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/base/error.hpp"
#include "common/transport/context.hpp"
#include "common/transport/curve_keys.hpp"
#include "common/transport/message.hpp"

namespace skerry::transport {

struct DealerOptions {
    CurveKeyPair keys;
    /// The pinned key of the server: another server cannot complete the handshake.
    CurvePublicKey server;
    MessageBounds bounds;
    int receive_queue = 32;
    int send_queue = 32;
    /// Wait before the first and at most between later attempts: doubling, with a jitter of once the first, so that a
    /// fleet does not come back in one moment. A server that restarts is away for some 0.3 s: a whole second before the
    /// first attempt was most of what a fleet of a few nodes lost by it. A large fleet queues for the handshakes, some
    /// hundred a second, either way.
    std::chrono::milliseconds reconnect_min{250};
    std::chrono::milliseconds reconnect_max{60'000};
    std::chrono::milliseconds handshake_time{5000};
    std::chrono::milliseconds linger{1000};
};

struct HandshakeFailure {
    std::string reason;
    /// The server knows us and refuses our key: there are no more attempts until reset(). Otherwise it is tried again.
    bool refused = false;
};

/// Each runs on the loop's thread, never inside a call of the Dealer, and may destroy or reset it. Any may be empty.
struct DealerEvents {
    std::function<void(Frames)> on_message;
    std::function<void()> on_connected;     ///< encrypted and admitted: send() works from here on
    std::function<void()> on_disconnected;  ///< after on_connected; what was queued or in flight may be lost
    std::function<void(HandshakeFailure)> on_handshake_failed;
};

/// The node's socket: dials one server, keeps the connection up, comes back by itself. Loop thread only.
class Dealer {
public:
    /// Internal: the socket would not be CURVE.
    [[nodiscard]] static Result<std::unique_ptr<Dealer>> open(Context& context, DealerOptions options,
                                                              DealerEvents events);
    ~Dealer();

    /// "tcp://coordinator.example:7000". Returns at once; events tell the rest. Call once.
    /// InvalidInput: not an endpoint.
    [[nodiscard]] Result<> connect(const std::string& endpoint);

    /// Queues one message; false when there is no connection or its queue is full: nothing is kept for later.
    [[nodiscard]] bool send(Frames frames);

    [[nodiscard]] bool connected() const;

    /// Drops the connection with all that is queued, and dials again at once.
    [[nodiscard]] Result<> reset();

private:
    struct State;
    explicit Dealer(std::shared_ptr<State> state);

    std::shared_ptr<State> state_;
};

}  // namespace skerry::transport
