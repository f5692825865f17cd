#pragma once

#include <cstdint>
#include <optional>

#include "common/base/random.hpp"

namespace skerry::node {

/// Which early exits are audited: with propensity p = min(1, share · (0.25 + 1.5 · u/λ)), so more often near the knot,
/// where exits differ most, and never never. An audit that finds no idle time is let go; what is carried out lately of
/// what was asked for lowers p, so that 1/p still counts right where load and input have nothing to do with each other.
class AuditPlan {
public:
    static constexpr std::uint64_t kBoostRequests = 500;
    static constexpr double kBoost = 4;

    AuditPlan(double share, std::uint64_t seed) : share_(share), random_(seed) {}

    /// One early exit, whose uncertainty is `nearness` of its knot, 0 … 1. 1/p where it is to be audited.
    [[nodiscard]] std::optional<double> draw(double nearness);
    /// New weights: kBoost times as many audits for the next kBoostRequests early exits.
    void boost() { boosted_ = kBoostRequests; }
    /// As many, for as long as the fleet is in drift: what is known of the exits may no longer be true.
    void fleet_drifts(bool drifts) { drifts_ = drifts; }

    void carried_out();
    void dropped();

private:
    double share_;
    Random random_;
    std::uint64_t boosted_ = 0;
    bool drifts_ = false;
    double completed_ = 1;  ///< of those drawn, lately
};

}  // namespace skerry::node
