#include "edge-node/router/rank_quantiles.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

constexpr double kLightShare = 0.3;
constexpr double kMediumShareOfRest = 0.4 / 0.7;
constexpr double kBinWidth = 2 * kLogitMax / 256;
/// In logit u: beyond every uncertainty but a tie of the two largest.
constexpr double kNeverSkip = 15;

}  // namespace

void RankQuantiles::add(std::size_t exit, double uncertainty) {
    Histogram& histogram = exits_[exit];
    const double bin = (logit(uncertainty) + kLogitMax) / kBinWidth;
    histogram.counts[std::min(static_cast<std::size_t>(bin), kBins - 1)] += 1;
    histogram.total += 1;
    if (histogram.total < 2 * kHalfLife) return;
    for (double& count : histogram.counts)
        count /= 2;
    histogram.total /= 2;
}

double RankQuantiles::Histogram::quantile(double share) const {
    const double wanted = share * total;
    double below = 0;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
        if (below + counts[bin] >= wanted && counts[bin] > 0) {
            const double inside = (wanted - below) / counts[bin];
            return from_logit(-kLogitMax + kBinWidth * (static_cast<double>(bin) + inside));
        }
        below += counts[bin];
    }
    return from_logit(kLogitMax);
}

Knots RankQuantiles::knots(const Knots& base) const {
    if (exits_[0].total < kRequestsMin) return base;
    Knots knots = base;
    knots.skip = from_logit(kNeverSkip);
    knots.light = exits_[0].quantile(kLightShare);
    if (exits_[1].total >= kRequestsMin) knots.medium = exits_[1].quantile(kMediumShareOfRest);
    return knots;
}

}  // namespace skerry::node
