#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

/// "127.0.0.1:8000", "[::1]:8000", "coordinator.example:7700", "*:0" in its parts.
struct HostPort {
    std::string host;  ///< an IPv6 address without its brackets
    std::uint16_t port = 0;

    /// Nothing: another form; an IPv6 address stands in brackets.
    [[nodiscard]] static std::optional<HostPort> parse(std::string_view text);
    /// As parse() reads it.
    [[nodiscard]] std::string to_text() const;

    bool operator==(const HostPort&) const = default;
};

}  // namespace skerry
