#pragma once

#include <cstddef>
#include <span>

namespace skerry::node {

/// Student's t of the mean of paired differences a[i] − b[i]: how sure it is that a is the larger. 0 where there are
/// fewer than two, or none differs; bounded by ±1000 where all differ by the same.
[[nodiscard]] double paired_t(std::span<const float> a, std::span<const float> b);

}  // namespace skerry::node
