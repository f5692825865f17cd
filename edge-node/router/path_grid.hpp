#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace skerry::node {

/// The positions of the path (knots.hpp) at which risk and cost are tabled: kPathMin, …, kPathMax.
inline constexpr double kPathMin = -6;
inline constexpr double kPathMax = 4;
inline constexpr double kPathStep = 0.05;
inline constexpr std::size_t kPathPositions = 201;

[[nodiscard]] inline double position_of(std::size_t index) {
    return kPathMin + kPathStep * static_cast<double>(index);
}

/// The first index whose position lies beyond `position`; kPathPositions: none does.
[[nodiscard]] inline std::size_t first_beyond(double position) {
    if (!(position < kPathMax)) return kPathPositions;
    if (position < kPathMin) return 0;
    const auto below = static_cast<std::size_t>((position - kPathMin) / kPathStep);
    return std::min(position_of(below) > position ? below : below + 1, kPathPositions);
}

}  // namespace skerry::node
