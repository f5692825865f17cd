#pragma once

#include <chrono>
#include <optional>

namespace skerry::node {

/// μ: how many answers that are not heavy's a whole heavy run is worth, raised while the latency target is missed and
/// lowered while it is met. Dual ascent in the price's logarithm (exponentiated gradient), because its scale depends on
/// the model: μ ← μ·exp(η·g), with g = (time − target) / target for a mean, and for a quantile q = 95 % the share too
/// late less what may be, in units of that: ([time > target] − 5 %) / 5 %.
class PriceOfTime {
public:
    static constexpr double kMin = 1e-5;
    static constexpr double kMax = 10;
    static constexpr double kNegligible = 1e-4;  ///< up to here the target is met without it

    /// Nothing: no such target.
    PriceOfTime(std::optional<std::chrono::microseconds> mean, std::optional<std::chrono::microseconds> p95)
        : mean_(mean), p95_(p95) {}

    void answered(std::chrono::nanoseconds time);
    [[nodiscard]] double value() const;
    [[nodiscard]] bool has_target() const { return mean_ || p95_; }

private:
    std::optional<std::chrono::microseconds> mean_, p95_;
    double price_of_mean_ = kMin;
    double price_of_p95_ = kMin;
};

}  // namespace skerry::node
