#pragma once

#include <array>
#include <span>

#include "edge-node/router/audit.hpp"
#include "edge-node/router/path_grid.hpp"

namespace skerry::node {

/// Audits as nodes share them: for each lighter exit, by its uncertainty, how many requests there were and how many of
/// them each lighter exit answered otherwise than heavy. Sums of these are the fleet's. Nothing of a sample is in it.
/// of() counts in whole numbers, kUnits for an audit of the mean weight, so that nothing is lost on the wire.
class AuditHistogram {
public:
    static constexpr double kUnits = 256;
    static constexpr std::size_t kBins = 64;  ///< of width ¼ in logit u, from −12 to 4; the outer ones are open

    struct Bin {
        double requests = 0;
        std::array<double, kLighterExits> differ{};  ///< as light and as medium would have answered
    };

    AuditHistogram() = default;
    [[nodiscard]] static AuditHistogram of(std::span<const Audit> audits);
    /// `audits`: how many are behind the bins. All numbers finite, not negative.
    AuditHistogram(const std::array<std::array<Bin, kBins>, kLighterExits>& bins, double audits)
        : bins_(bins), audits_(audits) {}

    [[nodiscard]] const std::array<Bin, kBins>& bins(Tier exit) const { return bins_[static_cast<std::size_t>(exit)]; }
    [[nodiscard]] double audits() const { return audits_; }

    /// An upper bound on the share of answers that are not heavy's at each position of the path, not falling: light's
    /// part is exact but for the bins' width, of medium's only the margins are known.
    [[nodiscard]] std::array<double, kPathPositions> risk_along(const Knots& base) const;

private:
    std::array<std::array<Bin, kBins>, kLighterExits> bins_{};
    double audits_ = 0;
};

}  // namespace skerry::node
