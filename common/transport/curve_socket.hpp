#pragma once

#include <chrono>
#include <string>

#include <zmq.hpp>

#include "common/base/error.hpp"
#include "common/transport/context_state.hpp"

namespace skerry::transport {

/// Options that both ends share. Only for the .cpp files of this folder.
struct CurveSocketOptions {
    const CurveKeyPair* keys;
    std::size_t frame_bytes_max;
    int receive_queue;
    int send_queue;
    std::chrono::milliseconds handshake_time;
    std::chrono::milliseconds linger;
};

/// A socket that has its CURVE keys, limits and heartbeats, but not yet its role. Throws zmq::error_t.
[[nodiscard]] zmq::socket_t make_curve_socket(Context::State& context, zmq::socket_type type,
                                              const CurveSocketOptions& options);

/// Internal: the socket would speak in the clear. libzmq falls back to that without a word when a role is missing.
[[nodiscard]] Result<> check_curve(zmq::socket_t& socket);

/// InvalidInput or Unavailable, with what to do.
[[nodiscard]] Error endpoint_error(const zmq::error_t& error, const char* verb, const std::string& endpoint);

[[nodiscard]] inline zmq::const_buffer buffer_of(const ByteArray<32>& key) {
    return {key.data(), key.size()};
}

}  // namespace skerry::transport
