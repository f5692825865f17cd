#include "edge-node/learning/paired_test.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"

namespace skerry::node {

double paired_t(std::span<const float> a, std::span<const float> b) {
    SKERRY_ASSERT(a.size() == b.size());
    const auto count = static_cast<double>(a.size());
    if (a.size() < 2) return 0;
    double mean = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        mean += (double{a[i]} - double{b[i]}) / count;
    double spread = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double gap = double{a[i]} - double{b[i]} - mean;
        spread += gap * gap;
    }
    if (mean == 0) return 0;
    constexpr double kSureEnough = 1000;
    const double error = std::sqrt(spread / (count - 1) / count);
    return std::clamp(mean / std::max(error, std::abs(mean) / kSureEnough), -kSureEnough, kSureEnough);
}

}  // namespace skerry::node
