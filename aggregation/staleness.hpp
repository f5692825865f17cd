#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "aggregation/accumulator.hpp"
#include "common/base/error.hpp"
#include "common/base/limits.hpp"

namespace skerry::aggregation {

/// round(64·(1+s)^-½) for an update whose base is s versions behind. Integers in a table, because no `pow` may decide
/// bytes. Nguyen et al. 2022, "Federated Learning with Buffered Asynchronous Aggregation". PROTOCOL.md §6.
inline constexpr std::array<Weight, limits::kStalenessMax + 1> kStalenessTable = {64, 45, 37, 32, 29, 26, 24, 23, 21};
static_assert(kStalenessTable.front() == limits::kWeightUnit);

/// The weight of an update of `examples`, of which its lease lets `examples_max` count, `staleness` versions behind.
/// At least 1, at most limits::kUpdateWeightMax. `staleness` ≤ limits::kStalenessMax: admission has checked it.
[[nodiscard]] inline Weight weight_of(std::uint64_t examples, std::uint64_t examples_max, std::uint64_t staleness) {
    SKERRY_ASSERT(staleness <= limits::kStalenessMax);
    const std::uint64_t counted = std::min({examples, examples_max, limits::kExamplesPerUpdateMax});
    return std::max<std::uint64_t>(counted, 1) * kStalenessTable[static_cast<std::size_t>(staleness)];
}

}  // namespace skerry::aggregation
