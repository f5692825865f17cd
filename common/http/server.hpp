#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/base/error.hpp"
#include "common/base/limits.hpp"
#include "common/http/message.hpp"

namespace boost::asio {
class io_context;
}

namespace skerry::http {

struct ServerOptions {
    std::size_t body_bytes_max = limits::kHttpBodyBytesMax;        ///< more, also once decompressed: 413
    std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;    ///< more: 431
    std::size_t bodies_bytes_max = 4 * limits::kHttpBodyBytesMax;  ///< of requests that are arriving: 503 beyond
    std::size_t connections_max = 256;  ///< of TCP, and as many of Unix sockets; more: 503 and closed at once
    /// A whole header must arrive within this time after the last answer, or the connection is closed.
    std::chrono::milliseconds idle_time{60'000};
    /// A body must arrive, and an answer must be taken, within this time.
    std::chrono::milliseconds transfer_time{30'000};
    /// Told the reason whenever a connection could not be accepted, as without a free descriptor; at most ten times a
    /// second, because the listener waits before it tries again. May be empty.
    std::function<void(const std::string& reason)> on_accept_failed{};
};

class Exchange;  // server.cpp: one request that waits for its answer

/// Answers one request, once, now or later, on the loop's thread; a second call asserts. Copyable. Does nothing when
/// the connection has died meanwhile. If every copy goes without a call, the peer gets a 500.
class Respond {
public:
    explicit Respond(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    void operator()(Response response) const;

private:
    std::shared_ptr<Exchange> exchange_;
};

/// Runs on the loop's thread, one request of a connection at a time, so that pipelined answers keep their order.
using Handler = std::function<void(Request, Respond)>;

/// HTTP/1.1 with keep-alive on any number of TCP and Unix listeners. Bodies in gzip or deflate reach the handler as
/// their content, and its longer answers leave in what the peer accepts. Malformed requests get a 4xx and are closed
/// without the handler. Loop thread only; its destructor drops all connections and removes its socket files.
class Server {
public:
    Server(boost::asio::io_context& loop, ServerOptions options, Handler handler);
    ~Server();

    /// Port 0: a free one. InvalidInput: `address` is no numeric IP address. Unavailable: the port is taken.
    /// Returns the port.
    [[nodiscard]] Result<std::uint16_t> listen_tcp(const std::string& address, std::uint16_t port);

    /// Replaces the socket file of a dead process. Only `mode` may connect; 0600: this user.
    /// InvalidInput: the path is longer than 107 bytes. Conflict: another process serves it, or it is no socket.
    /// Unavailable: the folder is missing or not writable.
    [[nodiscard]] Result<> listen_unix(const std::filesystem::path& path, unsigned mode = 0600);

    /// Stops accepting, lets requests that have begun finish, closes each connection after its answer, then calls
    /// `done` from the loop. Idle connections close at once.
    void drain(std::function<void()> done);

    [[nodiscard]] std::size_t connections() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace skerry::http
