#include "edge-node/router/knots.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {

double logit(double uncertainty) {
    if (!(uncertainty < 1)) return kLogitMax;
    if (uncertainty <= 0) return -kLogitMax;
    return std::clamp(std::log(uncertainty) - std::log1p(-uncertainty), -kLogitMax, kLogitMax);
}

double from_logit(double value) {
    return 1 / (1 + std::exp(-value));
}

Knots at_position(const Knots& base, double position) {
    const auto moved = [position](double knot) { return from_logit(logit(knot) + position); };
    return {moved(base.light), moved(base.skip), moved(base.medium)};
}

}  // namespace skerry::node
