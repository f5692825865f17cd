#include "common/http/dialled_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

#include "common/base/host_port.hpp"
#include "common/http/system_facts.hpp"

namespace skerry::http {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

Result<Address> unusable(std::string_view text) {
    return fail(ErrorCode::InvalidInput, "'" + std::string(text) +
                                             "' is no address: write http://HOST:PORT, as http://127.0.0.1:8000 or "
                                             "http://[::1]:8000, or unix:/path/to/the.sock");
}

Result<Address> parse_tcp(std::string_view text, std::string_view rest) {
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto parts = HostPort::parse(rest);
    if (!parts || parts->port == 0 || parts->host.find_first_of("/?#@ \r\n\t") != std::string::npos) {
        return unusable(text);
    }
    return Address{std::string(text), parts->host, std::to_string(parts->port)};
}

/// Connects one new socket; 0, or why not. Interrupted attempts start again with what is left of the time.
int try_connect(int& descriptor, int family, const sockaddr* address, socklen_t size, Clock::time_point deadline) {
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()).count();
        if (left <= 0) return ETIMEDOUT;
        descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0) return errno;
        // connect() obeys the send timeout, for both families: socket(7).
        const timeval time{.tv_sec = left / 1'000'000, .tv_usec = left % 1'000'000};
        ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
        if (::connect(descriptor, address, size) == 0) return 0;
        const int reason = errno;
        ::close(std::exchange(descriptor, -1));
        if (reason != EINTR) return reason == EINPROGRESS || reason == EAGAIN ? ETIMEDOUT : reason;
    }
}

std::string sentence_for(const Address& address, int reason, milliseconds time) {
    switch (reason) {
        case ENOENT:
        case ECONNREFUSED:
            return "nobody listens at " + address.text + ": is the daemon running, and is the address right?";
        case EACCES:
        case EPERM:
            return address.text + " may not be opened by this user: run as the user that the daemon runs as";
        case ETIMEDOUT:
            return "connecting to " + address.text + " took longer than " + std::to_string(time.count()) +
                   " ms: is the machine up, and does a firewall let us through?";
        default:
            return "connecting to " + address.text + ": " + reason_of(reason);
    }
}

tl::unexpected<Error> not_connected(const Address& address, int reason, milliseconds time) {
    const bool denied = reason == EACCES || reason == EPERM;
    return fail(denied ? ErrorCode::PermissionDenied : ErrorCode::Unavailable, sentence_for(address, reason, time));
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
    constexpr std::string_view kUnix = "unix:";
    constexpr std::string_view kHttp = "http://";
    if (text.starts_with(kHttp)) return parse_tcp(text, text.substr(kHttp.size()));
    if (text.starts_with("https://")) {
        return fail(ErrorCode::InvalidInput,
                    "https is not spoken here: use http:// on this machine or over a tunnel, or unix:/path");
    }
    if (!text.starts_with(kUnix)) return unusable(text);
    std::string_view path = text.substr(kUnix.size());
    if (path.starts_with("//")) path.remove_prefix(2);  // "unix:///run/x.sock", as others write it
    if (path.empty() || path.find('\0') != std::string_view::npos) return unusable(text);
    if (path.size() > kSocketPathBytesMax) {
        return fail(ErrorCode::InvalidInput, "the socket path '" + std::string(path) + "' is longer than " +
                                                 std::to_string(kSocketPathBytesMax) +
                                                 " bytes: use a relative path or a shorter directory");
    }
    return Address{std::string(text), std::string(path), {}};
}

DialledSocket::DialledSocket(DialledSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DialledSocket& DialledSocket::operator=(DialledSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

DialledSocket::~DialledSocket() {
    close();
}

void DialledSocket::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<DialledSocket> DialledSocket::dial(const Address& address, milliseconds time) {
    const auto deadline = Clock::now() + time;
    int descriptor = -1;
    if (address.is_unix()) {
        sockaddr_un place{};
        place.sun_family = AF_UNIX;
        std::memcpy(place.sun_path, address.host.data(), address.host.size());
        const int reason =
            try_connect(descriptor, AF_UNIX, reinterpret_cast<const sockaddr*>(&place), sizeof place, deadline);
        if (reason != 0) return not_connected(address, reason, time);
        return DialledSocket(descriptor);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int problem = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found); problem != 0) {
        return fail(ErrorCode::Unavailable,
                    "the host of " + address.text + " is not known: " + ::gai_strerror(problem));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> places(found, &::freeaddrinfo);
    int reason = EADDRNOTAVAIL;
    for (const addrinfo* place = places.get(); place != nullptr; place = place->ai_next) {
        reason = try_connect(descriptor, place->ai_family, place->ai_addr, place->ai_addrlen, deadline);
        if (reason != 0) continue;
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return DialledSocket(descriptor);
    }
    return not_connected(address, reason, time);
}

DialledSocket::Outcome DialledSocket::wait(short events, Deadline deadline) const {
    while (true) {
        const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return Outcome::TooLate;
        pollfd entry{.fd = descriptor_, .events = events, .revents = 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
        if (ready > 0) return Outcome::Done;
        if (ready < 0 && errno != EINTR) return Outcome::Closed;
    }
}

DialledSocket::Outcome DialledSocket::send(std::string_view head, std::string_view body, Deadline deadline) {
    while (!head.empty() || !body.empty()) {
        // sendmsg() only reads, but its type is that of recvmsg().
        std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                                   iovec{const_cast<char*>(body.data()), body.size()}};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        const ssize_t sent = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            const std::size_t of_head = std::min(static_cast<std::size_t>(sent), head.size());
            head.remove_prefix(of_head);
            body.remove_prefix(static_cast<std::size_t>(sent) - of_head);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            const Outcome waited = wait(POLLOUT, deadline);
            if (waited != Outcome::Done) return waited;
        } else if (errno != EINTR) {
            return Outcome::Closed;
        }
    }
    return Outcome::Done;
}

DialledSocket::Outcome DialledSocket::receive(std::span<char> room, std::size_t& count, Deadline deadline) {
    while (true) {
        const Outcome waited = wait(POLLIN, deadline);
        if (waited != Outcome::Done) return waited;
        const ssize_t received = ::recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
        if (received > 0) {
            count = static_cast<std::size_t>(received);
            return Outcome::Done;
        }
        if (received == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) return Outcome::Closed;
    }
}

bool DialledSocket::is_stale() const {
    char byte = 0;
    const ssize_t seen = ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return seen >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace skerry::http
