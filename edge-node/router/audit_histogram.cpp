#include "edge-node/router/audit_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {
namespace {

constexpr double kLowest = -12;
constexpr double kWidth = 0.25;

std::size_t bin_of(double logit_u) {
    const double bin = (logit_u - kLowest) / kWidth;
    return bin <= 0 ? 0 : std::min(static_cast<std::size_t>(bin), AuditHistogram::kBins - 1);
}

}  // namespace

AuditHistogram AuditHistogram::of(std::span<const Audit> audits) {
    AuditHistogram histogram;
    histogram.audits_ = static_cast<double>(audits.size());
    double total = 0;
    for (const Audit& audit : audits)
        total += static_cast<double>(audit.weight);
    const double unit = total > 0 ? kUnits * histogram.audits_ / total : 0;
    for (const Audit& audit : audits) {
        const double weight = std::round(unit * static_cast<double>(audit.weight));
        for (std::size_t exit = 0; exit < kLighterExits; ++exit) {
            Bin& bin = histogram.bins_[exit][bin_of(logit(static_cast<double>(audit.uncertainty[exit])))];
            bin.requests += weight;
            for (std::size_t other = 0; other < kLighterExits; ++other)
                bin.differ[other] += audit.differs[other] ? weight : 0;
        }
    }
    return histogram;
}

std::array<double, kPathPositions> AuditHistogram::risk_along(const Knots& base) const {
    std::array<double, kPathPositions> risk{};
    double requests = 0;
    for (const Bin& bin : bins_[0])
        requests += bin.requests;
    if (!(requests > 0)) return risk;
    double highest = 0;
    for (std::size_t i = 0; i < kPathPositions; ++i) {
        const Knots knots = at_position(base, position_of(i));
        // Whole bins up to the one with the knot: more than lies below it.
        const std::size_t light = bin_of(logit(knots.light));
        const std::size_t skip = bin_of(logit(knots.skip));
        const std::size_t medium = bin_of(logit(knots.medium));
        double by_light = 0, medium_by_light = 0, medium_by_medium = 0;
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            if (bin <= light) by_light += bins_[0][bin].differ[0];
            if (bin >= light && bin <= skip) medium_by_light += bins_[0][bin].differ[1];
            if (bin <= medium) medium_by_medium += bins_[1][bin].differ[1];
        }
        highest = std::max(highest, (by_light + std::min(medium_by_light, medium_by_medium)) / requests);
        risk[i] = std::min(highest, 1.0);
    }
    return risk;
}

}  // namespace skerry::node
