#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"

/// Numbers as people read them, in UTF-8. Pure; the caller brings the time.
namespace skerry::cli {

/// 17: "17 B" · 246'784: "241 KiB" · 1'572'864: "1.5 MiB"
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
/// 32000: "32,000"
[[nodiscard]] std::string human_count(std::uint64_t count);
/// "0.3 s", "12 s", "3 min 5 s", "1 h 3 min", "2 d 4 h": two units at most. Negative ones as if they were positive.
[[nodiscard]] std::string human_duration(std::chrono::milliseconds duration);
/// "12 s ago", "in 34 min", "now" within half a second.
[[nodiscard]] std::string human_age(TimePoint time, TimePoint now);
/// "2026-03-01 12:00:00 UTC"
[[nodiscard]] std::string human_time(TimePoint time);
/// 0.934: "93.4 %"
[[nodiscard]] std::string human_percent(double fraction);
/// 12.4: "12 µs" · 1'300: "1.3 ms"
[[nodiscard]] std::string human_microseconds(double microseconds);
/// Three significant digits: "0.00125", "1.2e-07"
[[nodiscard]] std::string human_number(double number);
/// The first 12 digits of a longer hexadecimal text.
[[nodiscard]] std::string short_digest(std::string_view hexadecimal);

/// RFC 3339 in UTC ("…Z"), with up to nine digits of a second's fraction. Nothing: anything else.
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);

}  // namespace skerry::cli
