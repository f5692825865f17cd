#pragma once

#include <array>
#include <cstddef>

#include "edge-node/router/knots.hpp"

namespace skerry::node {

/// Knots for a fixed budget: 30 % of the traffic to light, 40 % to medium, 30 % to heavy, by quantiles of what the
/// exits said lately. 256 bins of logit u an exit; half of what is remembered fades every kHalfLife requests.
class RankQuantiles {
public:
    static constexpr double kHalfLife = 8192;
    static constexpr double kRequestsMin = 100;  ///< fewer say nothing yet

    /// One answered request; `uncertainty`: u of light.
    void light(double uncertainty) { add(0, uncertainty); }
    /// Of one that light passed on, u of medium.
    void medium(double uncertainty) { add(1, uncertainty); }

    /// `base` where too little was seen. Medium's head is always read, so that the 40 % are those whom it suits best.
    [[nodiscard]] Knots knots(const Knots& base) const;

private:
    static constexpr std::size_t kBins = 256;
    struct Histogram {
        std::array<double, kBins> counts{};
        double total = 0;
        [[nodiscard]] double quantile(double share) const;
    };
    void add(std::size_t exit, double uncertainty);

    std::array<Histogram, 2> exits_;
};

}  // namespace skerry::node
