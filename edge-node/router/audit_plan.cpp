#include "edge-node/router/audit_plan.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

constexpr double kMemory = 0.02;
/// Below it there is no idle time to speak of, and a few audits must not count for thousands of requests each.
constexpr double kCompletedMin = 0.125;

}  // namespace

std::optional<double> AuditPlan::draw(double nearness) {
    const double share = boosted_ > 0 || drifts_ ? share_ * kBoost : share_;
    if (boosted_ > 0) --boosted_;
    const double propensity = std::min(1.0, share * (0.25 + 1.5 * std::clamp(nearness, 0.0, 1.0)));
    if (!(random_.uniform() < propensity)) return std::nullopt;
    return 1 / (propensity * completed_);
}

void AuditPlan::carried_out() {
    completed_ += kMemory * (1 - completed_);
}

void AuditPlan::dropped() {
    completed_ = std::max(kCompletedMin, completed_ - kMemory * completed_);
}

}  // namespace skerry::node
