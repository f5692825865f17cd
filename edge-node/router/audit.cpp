#include "edge-node/router/audit.hpp"

#include <algorithm>
#include <limits>

namespace skerry::node {

PathSteps steps_of(const Audit& audit, const Knots& base) {
    const double u_light = logit(static_cast<double>(audit.uncertainty[0]));
    const double u_medium = logit(static_cast<double>(audit.uncertainty[1]));
    PathSteps steps;
    steps.light = u_light - logit(base.light);
    // Medium's head is read only below the skip knot.
    steps.medium = std::max(u_medium - logit(base.medium), u_light - logit(base.skip));
    steps.loss = std::numeric_limits<double>::infinity();
    if (audit.differs[0]) steps.loss = steps.light;
    if (audit.differs[1] && steps.medium < steps.light) steps.loss = std::min(steps.loss, steps.medium);
    return steps;
}

}  // namespace skerry::node
