#pragma once

#include <span>

#include "aggregation/update_set.hpp"

namespace skerry::aggregation {

/// Values of a window; their sums take 2 MiB, which a second cache of a mebibyte and a third one hold. Measured, ten
/// and fifty updates of 10⁶ and 10⁷ values, four together: 2¹⁷ to 2¹⁸ 80 to 90 % of a plain read, 2²⁰ 77 to 87.
inline constexpr std::size_t kMeanWindow = 1U << 18U;

/// What ExactMean gives for a whole set, digest and mean, window by window of the layout: of each update the values of
/// one window, then of each those of the next. So the sums stay in a cache, and only the updates travel from memory.
/// `mean`: shape [parameters].
/// Memory: 2 MiB, or 8 bytes for each value of set.piece() where that is more. Cost: each update once.
/// InvalidInput: an update that is not its tier's prefix, or what ExactMean::add() refuses. Else what the set fails
/// with.
[[nodiscard]] Result<Digest> exact_mean_of(UpdateSet& set, const TierSizes& sizes, std::span<float> mean);

}  // namespace skerry::aggregation
