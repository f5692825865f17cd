#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/error.hpp"

namespace skerry::http {

/// Where a server listens.
struct Address {
    std::string text;  ///< as the operator wrote it, for sentences
    std::string host;  ///< a name or a numeric address without brackets; of a Unix socket its path
    std::string port;  ///< decimal; empty: a Unix socket

    [[nodiscard]] bool is_unix() const { return port.empty(); }
};

/// The addresses of Client::connect, and its InvalidInput.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

/// A blocking stream socket whose every wait has an end. Never throws, never raises SIGPIPE. One thread at a time.
class DialledSocket {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    DialledSocket() = default;  ///< closed
    DialledSocket(DialledSocket&& other) noexcept;
    DialledSocket& operator=(DialledSocket&& other) noexcept;
    ~DialledSocket();

    /// Unavailable: nobody listens there, the name is unknown, or nobody answered within `time`. Looking up a host
    /// name is the resolver's business and may take longer; numeric addresses need no look-up.
    [[nodiscard]] static Result<DialledSocket> dial(const Address& address, std::chrono::milliseconds time);

    enum class Outcome { Done, Closed, TooLate };

    /// Both parts, in as few packets as they fit into. Closed: the peer went; it may have left an answer to read.
    [[nodiscard]] Outcome send(std::string_view head, std::string_view body, Deadline deadline);
    /// Waits for bytes; `count` says how many came. Closed: the end, or a reset.
    [[nodiscard]] Outcome receive(std::span<char> room, std::size_t& count, Deadline deadline);

    /// To wait for several sockets at once; stays ours. -1: closed.
    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    /// The peer has closed, or sent what nobody asked for: not to be used for another request.
    [[nodiscard]] bool is_stale() const;
    void close();

private:
    explicit DialledSocket(int descriptor) : descriptor_(descriptor) {}
    [[nodiscard]] Outcome wait(short events, Deadline deadline) const;

    int descriptor_ = -1;
};

}  // namespace skerry::http
