#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/error.hpp"

namespace skerry::config {

/// "250ms", "5s", "15m", "1h", "90d", "10us", "1ns": a number, then one unit. Also for command line flags.
/// InvalidInput: anything else, negative, or longer than 292 years.
[[nodiscard]] Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// "64MiB", "1GiB", "4KiB", "500kB", "2MB", "1GB", "17B", "17".
/// InvalidInput: anything else, or more than 64 bits hold.
[[nodiscard]] Result<std::uint64_t> parse_byte_size(std::string_view text);

/// The shortest text that parse_duration reads back as the same: "90s" stays "90s", 3600 s is "1h".
[[nodiscard]] std::string to_text(std::chrono::nanoseconds duration);
/// The shortest text that parse_byte_size reads back as the same.
[[nodiscard]] std::string byte_size_text(std::uint64_t bytes);

}  // namespace skerry::config
