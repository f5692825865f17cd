#pragma once

#include <cstddef>

#include "aggregation/rules/gram.hpp"
#include "common/base/bytes.hpp"

namespace skerry::aggregation {

/// Each vector becomes the mean of the n-f nearest to it, itself among them; of equally near ones the lowest indices.
/// Allouah et al. 2023, "Fixing by Mixing: A Recipe for Optimal Byzantine ML under Heterogeneity" (NNM), for n > 2f.
/// Weights are ignored.
[[nodiscard]] Rows nearest_neighbour_mixing(const Gram& gram, std::size_t hostile);

/// A random permutation cut into buckets of `size`, the last perhaps smaller; each becomes its mean. f hostile vectors
/// spoil at most f buckets. Karimireddy et al. 2022, "Byzantine-Robust Learning on Heterogeneous Datasets via
/// Bucketing". `seed` must be unknown until the set is frozen. Weights are ignored.
[[nodiscard]] Rows bucketing(std::size_t vectors, std::size_t size, const Digest& seed);

/// `outer` after `inner`: the combinations that `outer` makes of what `inner` makes.
[[nodiscard]] Rows composed(const Rows& outer, const Rows& inner);

}  // namespace skerry::aggregation
