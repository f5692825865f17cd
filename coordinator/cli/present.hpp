#pragma once

#include <string>

#include "coordinator/cli/document.hpp"
#include "coordinator/cli/humanise.hpp"
#include "coordinator/cli/table.hpp"

/// Values of the API as the words of a cell. What is absent is "—". The words are not yet printable(): Table and
/// Output see to that.
namespace skerry::cli {

inline constexpr const char* kAbsent = "—";

[[nodiscard]] std::string text_in(Value value);
[[nodiscard]] std::string count_in(Value value);
/// Of a version that restores an older one: "the weights of version 5 from heavy on again".
[[nodiscard]] std::string restored_in(Value version);
[[nodiscard]] std::string bytes_in(Value value);
[[nodiscard]] std::string digest_in(Value value);
[[nodiscard]] std::string number_in(Value value);
/// From one moment to another: "12 s"
[[nodiscard]] std::string span_in(Value from, Value to);
/// A fraction as a percentage.
[[nodiscard]] std::string percent_in(Value fraction);
[[nodiscard]] std::string percent_of(Value part, double whole);
[[nodiscard]] std::string microseconds_in(Value value);
/// "12 s ago"
[[nodiscard]] std::string age_in(Value time, TimePoint now);
/// "2026-03-01 12:00:00 UTC (12 s ago)"
[[nodiscard]] std::string time_in(Value time, TimePoint now);
/// The head of a journal as 'audit verify --head' takes it: "1234:5f…", whole.
[[nodiscard]] std::string head_in(Value journal);
/// "yes" or "no"; a number is a size in bytes.
[[nodiscard]] std::string presence_in(Value value);

/// The state's word in its tone: what works is good, what is under way a warning, what has ended badly bad.
[[nodiscard]] Cell state_in(Value state);

}  // namespace skerry::cli
