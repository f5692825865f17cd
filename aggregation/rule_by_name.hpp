#pragma once

#include <memory>
#include <string_view>

#include "aggregation/accumulator.hpp"

namespace skerry::aggregation {

/// A fresh accumulator of the rule that a configuration names: "mean", the only one that can fold update by update; the
/// others are in rules/.
/// InvalidInput: another name; the message lists those that exist.
[[nodiscard]] Result<std::unique_ptr<Accumulator>> rule_by_name(std::string_view name, const TierSizes& sizes);

}  // namespace skerry::aggregation
