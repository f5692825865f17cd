#include "edge-node/router/score_map.hpp"

#include <algorithm>
#include <string>

namespace skerry::node {

// Not a default member initialiser: where that is inlined, g++ 12 takes its constants for uninitialised memory under
// ThreadSanitizer.
ScoreMap::ScoreMap() : knots_{{0, 0}, {1, 1}} {}

Result<ScoreMap> ScoreMap::through(std::vector<Knot> knots) {
    ScoreMap map;
    map.knots_ = {{0, 0}};
    knots.push_back({1, 1});
    for (const Knot& knot : knots) {
        const Knot& before = map.knots_.back();
        if (!(knot.uncertainty > before.uncertainty && knot.score > before.score)) {
            return fail(ErrorCode::InvalidInput,
                        "the score map's knots must rise strictly between (0, 0) and (1, 1); (" +
                            std::to_string(knot.uncertainty) + ", " + std::to_string(knot.score) + ") does not");
        }
        map.knots_.push_back(knot);
    }
    return map;
}

float ScoreMap::operator()(float uncertainty) const {
    if (!(uncertainty < 1)) return 1;
    if (uncertainty <= 0) return 0;
    const auto above = std::upper_bound(knots_.begin(), knots_.end(), uncertainty,
                                        [](float u, const Knot& knot) { return u < knot.uncertainty; });
    const Knot& from = *(above - 1);
    const Knot& to = *above;
    return from.score +
           (uncertainty - from.uncertainty) * ((to.score - from.score) / (to.uncertainty - from.uncertainty));
}

}  // namespace skerry::node
