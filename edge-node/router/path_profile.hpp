#pragma once

#include <array>
#include <optional>
#include <span>

#include "edge-node/router/audit_histogram.hpp"
#include "edge-node/router/audit_window.hpp"
#include "edge-node/router/path_grid.hpp"

namespace skerry::node {

/// What answering from each exit costs, in any unit: from the input to the logits of that exit. Rising.
using TierCosts = std::array<double, kTiers>;

/// What a fleet knows, as weight in a node's own audits: with κ of its own, a node believes itself as much.
inline constexpr double kPriorAudits = 200;

/// What each position of the path would have cost, by the audits of one moment and what the fleet knows beside them.
struct PathProfile {
    std::array<double, kPathPositions> risk{};  ///< share of answers that are not heavy's, not falling
    std::array<double, kPathPositions> cost{};  ///< mean, in shares of heavy's
    double audits = 0;                          ///< effective number behind it, with what the fleet counts for

    /// `prior`: the fleet's, where there is one; it counts as kPriorAudits audits or as many as it has.
    [[nodiscard]] static PathProfile of(const AuditWindow& window, const Knots& base, const TierCosts& costs,
                                        const AuditHistogram* prior);

    /// Conformal risk control: the largest position at which (n·R̂ + 1) / (n + 1) ≤ `target`; nothing: too few audits to
    /// prove it anywhere. Then E[ℓ] ≤ target for the next request, where audits and requests are exchangeable and
    /// equally weighted; with unequal 1/p, n is Kish's effective number and the bound an approximation.
    /// Angelopoulos et al. 2022, "Conformal Risk Control", Theorem 1.
    [[nodiscard]] std::optional<double> controlled_position(double target) const;

    /// The position with the least risk + price · cost; of equals the cheapest. So an exit answers as long as what it
    /// risks is worth the time it saves.
    [[nodiscard]] double position_at_price(double price) const;
};

}  // namespace skerry::node
