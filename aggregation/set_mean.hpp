#pragma once

#include <span>

#include "aggregation/update_set.hpp"

namespace skerry::aggregation {

/// Values of a window; their sums take 8 MiB. Measured on a processor with 1 MiB of second and 32 of third cache, ten
/// updates of 10⁷ values: 2¹⁷ 10 GB/s, 2¹⁹ 18, 2²⁰ 20, 2²² 12: shorter runs of one update are read more slowly.
inline constexpr std::size_t kMeanWindow = 1U << 20U;

/// What ExactMean gives for a whole set, digest and mean, window by window of the layout: of each update the values of
/// one window, then of each those of the next. So the sums stay in a cache, and only the updates travel from memory.
/// `mean`: shape [parameters].
/// Memory: 8 MiB, or 8 bytes for each value of set.piece() where that is more. Cost: each update once.
/// InvalidInput: an update that is not its tier's prefix, or what ExactMean::add() refuses. Else what the set fails
/// with.
[[nodiscard]] Result<Digest> exact_mean_of(UpdateSet& set, const TierSizes& sizes, std::span<float> mean);

}  // namespace skerry::aggregation
