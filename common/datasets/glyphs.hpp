#pragma once

#include <span>
#include <vector>

namespace skerry::datasets {

/// In a unit square, x to the right, y downwards.
struct Point {
    double x = 0;
    double y = 0;
};

/// A smooth pen movement through its points; a corner is where one stroke ends and the next begins.
using Stroke = std::vector<Point>;
using Glyph = std::vector<Stroke>;

/// The ways in which people write this digit; at least two. `digit` is 0 to 9.
[[nodiscard]] std::span<const Glyph> glyphs_of(std::size_t digit);

}  // namespace skerry::datasets
