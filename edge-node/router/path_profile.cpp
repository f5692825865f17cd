#include "edge-node/router/path_profile.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

using Steps = std::array<double, kPathPositions + 1>;  // what changes at each position; the last: beyond all

void accumulate(const Steps& steps, double start, double total, std::array<double, kPathPositions>& out) {
    double value = start;
    for (std::size_t i = 0; i < kPathPositions; ++i) {
        value += steps[i];
        out[i] = value / total;
    }
}

}  // namespace

PathProfile PathProfile::of(const AuditWindow& window, const Knots& base, const TierCosts& costs,
                            const AuditHistogram* prior) {
    const double heavy = costs[2] > 0 ? costs[2] : 1;
    const double light_saves = 1 - costs[0] / heavy;
    const double medium_saves = 1 - costs[1] / heavy;
    PathProfile profile;
    Steps lost{};
    Steps saved{};
    double total = 0;
    for (const Audit& audit : window.audits()) {
        const PathSteps steps = steps_of(audit, base);
        const double weight = static_cast<double>(audit.weight);
        total += weight;
        lost[first_beyond(steps.loss)] += weight;
        const bool through_medium = steps.medium < steps.light;
        if (through_medium) saved[first_beyond(steps.medium)] += weight * medium_saves;
        saved[first_beyond(steps.light)] += weight * (light_saves - (through_medium ? medium_saves : 0));
    }
    const double own = window.effective();
    if (total > 0) {
        accumulate(lost, 0, total, profile.risk);
        accumulate(saved, 0, total, profile.cost);
    }
    for (double& cost : profile.cost)
        cost = 1 - cost;
    profile.audits = own;
    if (prior != nullptr && prior->audits() > 0) {
        const double pseudo = std::min(kPriorAudits, prior->audits());
        const auto theirs = prior->risk_along(base);
        for (std::size_t i = 0; i < kPathPositions; ++i)
            profile.risk[i] = (own * profile.risk[i] + pseudo * theirs[i]) / (own + pseudo);
        profile.audits += pseudo;
    }
    return profile;
}

std::optional<double> PathProfile::controlled_position(double target) const {
    std::optional<double> found;
    for (std::size_t i = 0; i < kPathPositions; ++i) {
        if (!((audits * risk[i] + 1) / (audits + 1) <= target)) break;
        found = position_of(i);
    }
    return found;
}

double PathProfile::position_at_price(double price) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < kPathPositions; ++i) {
        if (risk[i] + price * cost[i] <= risk[best] + price * cost[best]) best = i;
    }
    return position_of(best);
}

}  // namespace skerry::node
