#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <map>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace skerry::client {

/// The node refused, and what() is its own sentence. status() is the answer's: 4xx the request's own fault, 429 and 503
/// come later again; 0 means that there was no answer, and the request may or may not have arrived.
class NodeError : public std::runtime_error {
public:
    NodeError(int status, const std::string& sentence) : std::runtime_error(sentence), status_(status) {}
    [[nodiscard]] int status() const { return status_; }

private:
    int status_;
};

struct Reply {
    int status = 0;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;

    /// "": there is none of this name.
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

/// As much HTTP/1.1 as a node speaks, over one connection that is kept. One thread at a time.
class Connection {
public:
    /// "http://HOST:PORT" or "unix:PATH". `timeout`: of each wait for the node. std::invalid_argument: another address.
    Connection(std::string address, std::chrono::milliseconds timeout)
        : address_(std::move(address)), timeout_(timeout) {
        if (address_.starts_with(kUnix) && address_.size() - kUnix.size() < sizeof(sockaddr_un::sun_path)) return;
        const std::size_t colon = address_.rfind(':');
        if (address_.starts_with(kHttp) && colon > kHttp.size() &&
            address_.find('/', kHttp.size()) == std::string::npos) {
            return;
        }
        throw std::invalid_argument("'" + address_ +
                                    "' is no address: write http://127.0.0.1:8000 or unix:/run/skerry/infer.sock");
    }
    ~Connection() { close(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    /// One exchange; `head` is the request line and headers without Host and Content-Length, each ending with CRLF.
    /// Any status is a reply. A kept connection that the node closed meanwhile is replaced once: a request that had
    /// arrived all the same does no harm, since its sample makes room for the same one and its labels are duplicates.
    /// NodeError: no reply.
    Reply exchange(const std::string& head, std::string_view body) {
        std::string message = head + "Host: node\r\n";
        if (head.starts_with("POST ")) message += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        message.append("\r\n").append(body);
        const bool kept = socket_ >= 0;
        if (!kept) open();
        bool answered = send(message) && receive();
        if (!answered && kept) {
            close();
            open();
            answered = send(message) && receive();
        }
        if (!answered) fail("the node closed the connection without an answer");
        return read();
    }

private:
    static constexpr std::string_view kUnix = "unix:";
    static constexpr std::string_view kHttp = "http://";
    static constexpr std::size_t kHeadBytesMax = 64 * 1024;
    static constexpr std::size_t kBodyBytesMax = std::size_t{64} << 20U;

    [[noreturn]] void fail(const std::string& what) {
        close();
        arrived_.clear();
        throw NodeError(0, address_ + ": " + what);
    }

    void open() {
        arrived_.clear();
        if (address_.starts_with(kUnix)) {
            sockaddr_un local{};
            local.sun_family = AF_UNIX;
            address_.copy(local.sun_path, sizeof local.sun_path - 1, kUnix.size());
            dial(AF_UNIX, reinterpret_cast<const sockaddr*>(&local), sizeof local);
        } else {
            const std::size_t colon = address_.rfind(':');
            std::string host = address_.substr(kHttp.size(), colon - kHttp.size());
            if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
            addrinfo hints{};
            hints.ai_socktype = SOCK_STREAM;
            addrinfo* found = nullptr;
            if (const int why = ::getaddrinfo(host.c_str(), address_.c_str() + colon + 1, &hints, &found); why != 0) {
                fail(::gai_strerror(why));
            }
            for (const addrinfo* each = found; each != nullptr && socket_ < 0; each = each->ai_next)
                dial(each->ai_family, each->ai_addr, each->ai_addrlen);
            ::freeaddrinfo(found);
        }
        if (socket_ < 0) fail(std::string("nobody answers there: ") + std::strerror(errno));
    }

    void dial(int family, const sockaddr* to, socklen_t length) {
        socket_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (socket_ < 0) return;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout_);
        const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(timeout_ - seconds);
        const timeval limit{static_cast<time_t>(seconds.count()), static_cast<suseconds_t>(rest.count())};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        const int at_once = 1;
        if (family != AF_UNIX) ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        if (::connect(socket_, to, length) == 0) return;
        const int why = errno;
        close();
        errno = why;
    }

    /// False: the node has closed the connection.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR) continue;
            if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
            if (sent < 0) fail(std::string("the request was not taken in time: ") + std::strerror(errno));
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Some more of the reply. False: the node has closed the connection.
    bool receive() {
        char buffer[16 * 1024];
        ssize_t count = 0;
        do {
            count = ::recv(socket_, buffer, sizeof buffer, 0);
        } while (count < 0 && errno == EINTR);
        if (count == 0 || (count < 0 && errno == ECONNRESET)) return false;
        if (count < 0) fail(std::string("no answer in time: ") + std::strerror(errno));
        arrived_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }

    /// The reply that has begun to arrive.
    Reply read() {
        std::size_t head = 0;
        while ((head = arrived_.find("\r\n\r\n")) == std::string::npos) {
            if (arrived_.size() > kHeadBytesMax || !receive()) fail("the answer is no HTTP, or was broken off");
        }
        Reply reply = head_of(std::string_view(arrived_).substr(0, head + 2));
        const std::size_t body = number_in(reply.header("content-length"));
        if (reply.status == 0 || body > kBodyBytesMax) fail("the answer is no HTTP of a node");
        arrived_.erase(0, head + 4);
        while (arrived_.size() < body)
            if (!receive()) fail("the answer was broken off");
        reply.body = arrived_.substr(0, body);
        arrived_.erase(0, body);
        if (reply.header("connection") == "close" || !arrived_.empty()) close();
        return reply;
    }

    /// Lines that each end with CRLF. Status 0: no HTTP.
    static Reply head_of(std::string_view lines) {
        Reply reply;
        constexpr std::string_view kVersion = "HTTP/1.1 ";
        if (!lines.starts_with(kVersion)) return reply;
        reply.status = static_cast<int>(number_in(lines.substr(kVersion.size(), 3)));
        for (lines.remove_prefix(lines.find("\r\n") + 2); !lines.empty();) {
            const std::string_view line = lines.substr(0, lines.find("\r\n"));
            lines.remove_prefix(line.size() + 2);
            const std::size_t colon = std::min(line.find(':'), line.size());
            std::string name(line.substr(0, colon));
            std::transform(name.begin(), name.end(), name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
            const std::size_t value =
                std::min(line.find_first_not_of(" \t", std::min(colon + 1, line.size())), line.size());
            reply.headers[name] = line.substr(value);
        }
        return reply;
    }

    /// 0: no number.
    static std::size_t number_in(std::string_view text) {
        std::size_t number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return number;
    }

    const std::string address_;
    const std::chrono::milliseconds timeout_;
    int socket_ = -1;
    std::string arrived_;  ///< of a reply, and not read yet
};

}  // namespace skerry::client
