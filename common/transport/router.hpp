#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/base/error.hpp"
#include "common/base/shared_bytes.hpp"
#include "common/transport/context.hpp"
#include "common/transport/curve_keys.hpp"
#include "common/transport/message.hpp"

namespace skerry::transport {

struct RouterOptions {
    CurveKeyPair keys;
    /// ZAP domain, unique in the process: "fleet", "enrol".
    std::string domain;
    /// Empty: any key may connect, as for enrolment, where the token decides.
    Admit admit;
    MessageBounds bounds;
    /// Messages waiting for us from one peer, and for one peer from us.
    int receive_queue = 8;
    int send_queue = 32;
    /// Connections at a time, each a descriptor. At this number nobody is let in until some have gone (door.hpp); of as
    /// many keys the route is remembered, and the one silent for longest is forgotten until it speaks again. A burst
    /// may exceed it by backlog_of().
    std::size_t connections_max = 65'536;
    /// Told when nobody is let in any more (true), and when there is room again. May be empty.
    std::function<void(bool full)> on_full;
    std::chrono::milliseconds handshake_time{5000};
    /// How long the closing socket goes on sending what is queued.
    std::chrono::milliseconds linger{1000};
};

/// Connections that the kernel completes before we have accepted them.
[[nodiscard]] std::size_t backlog_of(std::size_t connections_max);

/// Who sent a message. The key is proven by CURVE; the routing id, which a peer may choose, is never shown.
struct Sender {
    CurvePublicKey key;
    /// Changes when the key came back on another connection: what was agreed on the old one is void.
    std::uint64_t connection = 0;
};

/// The coordinator's socket: a CURVE server that many Dealers connect to. Peers without CURVE, or whose key is not
/// admitted, get no further than the handshake. Loop thread only.
class Router {
public:
    /// Runs on the loop's thread, never inside a call of this object. May destroy it.
    using OnMessage = std::function<void(const Sender& sender, Frames frames)>;

    /// Internal: the socket would not be CURVE with a bound ZAP handler; then nothing is ever bound.
    [[nodiscard]] static Result<std::unique_ptr<Router>> open(Context& context, RouterOptions options,
                                                              OnMessage on_message);
    ~Router();

    /// "tcp://127.0.0.1:0", "tcp://*:7000", "tcp://[::1]:0".
    /// InvalidInput: no such address here. Unavailable: the port is taken.
    [[nodiscard]] Result<> bind(const std::string& endpoint);
    /// The last bound endpoint with its real port: "tcp://127.0.0.1:49153".
    [[nodiscard]] std::string bound_endpoint() const;

    /// Queues a message for the newest connection on which the key has spoken. Never blocks.
    /// False: it has not spoken yet, is gone, or its queue is full; then nothing of the message is sent.
    [[nodiscard]] bool send(const CurvePublicKey& peer, Frames frames);

    /// The same with one frame more at the end, which is not copied: however many peers are sent it, and however slowly
    /// they read, it takes its memory once. Its owner may be let go on ZeroMQ's own thread.
    [[nodiscard]] bool send(const CurvePublicKey& peer, Frames frames, SharedBytes last);

    /// Open connections, also those that are still shaking hands.
    [[nodiscard]] std::size_t connections() const;

    /// Messages swallowed so far because they exceeded the bounds.
    [[nodiscard]] std::uint64_t refused_messages() const;

private:
    struct State;
    explicit Router(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace skerry::transport
