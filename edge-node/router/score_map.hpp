#pragma once

#include <vector>

#include "common/base/error.hpp"

namespace skerry::node {

/// M: from an exit's uncertainty u = 1 − margin to the complexity score s, both in 0 … 1. Piecewise linear and
/// increasing, M(0) = 0, M(1) = 1. What adapts is this map, never the thresholds 0.3 and 0.7.
class ScoreMap {
public:
    struct Knot {
        float uncertainty = 0;
        float score = 0;
    };

    /// M(u) = u: what a node starts with.
    ScoreMap();
    /// Through these knots; (0, 0) and (1, 1) need not be named.
    /// InvalidInput: a knot outside (0, 1), or not above the one before it in both coordinates.
    [[nodiscard]] static Result<ScoreMap> through(std::vector<Knot> knots);

    /// Exact at each knot. 1 for what is not a number.
    [[nodiscard]] float operator()(float uncertainty) const;

private:
    std::vector<Knot> knots_;
};

}  // namespace skerry::node
