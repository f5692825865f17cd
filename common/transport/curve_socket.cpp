#include "common/transport/curve_socket.hpp"

#include <algorithm>
#include <cerrno>

#include "common/base/limits.hpp"

namespace skerry::transport {

namespace {
// The limit also holds for the handshake, whose longest command is about 300 bytes, and counts what CURVE adds to each
// frame (RFC 26).
constexpr std::size_t kFrameBytesMin = 1024;
constexpr std::size_t kCurveOverheadBytes = 33;
}  // namespace

zmq::socket_t make_curve_socket(Context::State& context, zmq::socket_type type, const CurveSocketOptions& options) {
    using Milliseconds = std::chrono::milliseconds;
    constexpr auto kHeartbeat = static_cast<int>(Milliseconds(limits::kHeartbeatInterval).count());
    zmq::socket_t socket(context.context, type);
    socket.set(zmq::sockopt::curve_publickey, buffer_of(options.keys->public_key.value));
    socket.set(zmq::sockopt::curve_secretkey, buffer_of(options.keys->secret_key.value));
    const std::size_t frame_bytes_max = std::max(options.frame_bytes_max, kFrameBytesMin) + kCurveOverheadBytes;
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(frame_bytes_max));
    socket.set(zmq::sockopt::rcvhwm, options.receive_queue);
    socket.set(zmq::sockopt::sndhwm, options.send_queue);
    socket.set(zmq::sockopt::handshake_ivl, static_cast<int>(options.handshake_time.count()));
    socket.set(zmq::sockopt::linger, static_cast<int>(options.linger.count()));
    socket.set(zmq::sockopt::heartbeat_ivl, kHeartbeat);
    socket.set(zmq::sockopt::heartbeat_timeout, 3 * kHeartbeat);
    socket.set(zmq::sockopt::heartbeat_ttl, 4 * kHeartbeat);
    socket.set(zmq::sockopt::tcp_keepalive, 1);
    socket.set(zmq::sockopt::immediate, true);
    return socket;
}

Result<> check_curve(zmq::socket_t& socket) {
    int mechanism = ZMQ_NULL;
    std::size_t size = sizeof mechanism;
    if (zmq_getsockopt(socket.handle(), ZMQ_MECHANISM, &mechanism, &size) != 0 || mechanism != ZMQ_CURVE) {
        return fail(ErrorCode::Internal, "the socket would not be encrypted: refusing to use it");
    }
    return {};
}

Error endpoint_error(const zmq::error_t& error, const char* verb, const std::string& endpoint) {
    const std::string what = std::string(verb) + " " + endpoint + ": " + error.what();
    switch (error.num()) {
        case EADDRINUSE:
            return {ErrorCode::Unavailable, what + ": stop the program that has this port, or take another"};
        case EACCES:
            return {ErrorCode::Unavailable, what + ": take a port above 1023, or run with the right to use it"};
        case EINVAL:
        case EPROTONOSUPPORT:
        case ENODEV:
        case EADDRNOTAVAIL:
            return {ErrorCode::InvalidInput, what + ": write it as tcp://ADDRESS:PORT, such as tcp://127.0.0.1:7000"};
        default:
            return {ErrorCode::Unavailable, what};
    }
}

}  // namespace skerry::transport
