#pragma once

#include <span>

#include "aggregation/update_set.hpp"

namespace skerry::aggregation {

/// Values of a window; their sums take 2 MiB.
inline constexpr std::size_t kMeanWindow = 1U << 18U;

/// What ExactMean gives for a whole set, digest and mean, window by window of the layout: of each update the values of
/// one window, then of each those of the next. So the sums stay in a cache, and only the updates travel from memory.
/// `mean`: shape [parameters].
/// Memory: 2 MiB, or 8 bytes for each value of set.piece() where that is more. Cost: each update once.
/// InvalidInput: an update that is not its tier's prefix, or what ExactMean::add() refuses. Else what the set fails
/// with.
[[nodiscard]] Result<Digest> exact_mean_of(UpdateSet& set, const TierSizes& sizes, std::span<float> mean);

}  // namespace skerry::aggregation
