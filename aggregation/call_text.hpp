#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"

namespace skerry::aggregation {

/// A name and its numbers, as configurations write rules and optimisers: "trimmed_mean(0.2)", "median".
struct Call {
    std::string name;
    std::vector<double> numbers;
};

/// Reads a list of calls: "nnm(1), trimmed_mean(0.2)". Lower-case names, finite numbers, blanks wherever.
/// InvalidInput: anything else, or longer than limits::kTextMax; the message shows where.
[[nodiscard]] Result<std::vector<Call>> parse_calls(std::string_view text);

/// As parse_calls reads it, each number in the fewest digits that give it back.
[[nodiscard]] std::string text_of(const std::vector<Call>& calls);

}  // namespace skerry::aggregation
