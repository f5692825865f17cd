#include "edge-node/router/binomial_interval.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {
namespace {

// The continued fraction of the incomplete beta function, by the modified Lentz method. NIST Handbook (2010), 8.17.22.
double beta_fraction(double a, double b, double x) {
    constexpr double kTiny = 1e-300;
    constexpr int kTermsMax = 10'000;
    const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int term = 1; term < kTermsMax; ++term) {
        const double m = term;
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        fraction *= d * c;
        if (std::abs(d * c - 1) < 1e-12) break;
    }
    return fraction;
}

/// I_x(a, b), the distribution function of Beta(a, b).
double incomplete_beta(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    // The fraction converges fast on this side of the mean only.
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double beta_quantile(double a, double b, double probability) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (incomplete_beta(a, b, middle) < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

Interval clopper_pearson(double successes, double trials, double confidence) {
    if (!(trials > 0)) return {};
    successes = std::clamp(successes, 0.0, trials);
    const double tail = (1 - confidence) / 2;
    const double failures = trials - successes;
    Interval interval;
    if (successes > 0) interval.low = beta_quantile(successes, failures + 1, tail);
    if (failures > 0) interval.high = beta_quantile(successes + 1, failures, 1 - tail);
    return interval;
}

}  // namespace skerry::node
