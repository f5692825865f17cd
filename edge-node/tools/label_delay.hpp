#pragma once

#include <chrono>
#include <string_view>
#include <variant>

#include "common/base/error.hpp"

namespace skerry::node {

/// When the truth about a sample becomes known: so many samples later, or so long after the answer.
using LabelDelay = std::variant<std::uint64_t, std::chrono::nanoseconds>;

/// "20": samples; "50ms": time. InvalidInput: neither.
[[nodiscard]] Result<LabelDelay> parse_label_delay(std::string_view text);

}  // namespace skerry::node
