#include "edge-node/router/price_of_time.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {
namespace {

constexpr double kGain = 0.01;
constexpr double kLate = 0.05;
/// One request that was held up for seconds is no news about the route.
constexpr double kGradientMax = 20;

void move(double& price, double gradient) {
    price =
        std::clamp(price * std::exp(kGain * std::min(gradient, kGradientMax)), PriceOfTime::kMin, PriceOfTime::kMax);
}

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

void PriceOfTime::answered(std::chrono::nanoseconds time) {
    if (mean_) {
        const double target = microseconds(*mean_);
        move(price_of_mean_, (microseconds(time) - target) / target);
    }
    if (p95_) move(price_of_p95_, ((time > *p95_ ? 1.0 : 0.0) - kLate) / kLate);
}

double PriceOfTime::value() const {
    return std::max(price_of_mean_, price_of_p95_);
}

}  // namespace skerry::node
