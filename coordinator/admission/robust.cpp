#include "coordinator/admission/robust.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"

namespace skerry::coordinator {
namespace {

constexpr double kOfNormal = 1.4826;

double median_of(std::deque<double>& values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

Spread spread_of(std::deque<double> values) {
    SKERRY_ASSERT(!values.empty());
    const double median = median_of(values);
    for (double& value : values)
        value = std::abs(value - median);
    return {median, kOfNormal * median_of(values)};
}

}  // namespace skerry::coordinator
