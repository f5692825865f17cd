#pragma once

#include <algorithm>

namespace skerry::node {

/// θ: what keeps the rate of answers that are not heavy's at its target while the world changes. In expectation each
/// request moves it by γ(ε − ℓ); a loss that an audit has seen counts 1/p, since it stands for those that none has.
/// Then |mean ℓ − ε| ≤ (range + γ·max 1/p) / (γ·T) over any T requests, whatever they are.
/// Gibbs and Candès 2021, "Adaptive Conformal Inference"; Feldman et al. 2022, "Rolling Risk Control".
class OnlineCorrection {
public:
    static constexpr double kGain = 0.02;
    static constexpr double kMin = -6;
    static constexpr double kMax = 4;

    /// One request, audited or not. `target`: ε.
    void answered(double target) { move(kGain * target); }
    /// An audit has found the answer not to be heavy's. `weight`: 1/p.
    void lost(double weight) { move(-kGain * weight); }

    [[nodiscard]] double theta() const { return theta_; }

private:
    void move(double by) { theta_ = std::clamp(theta_ + by, kMin, kMax); }

    double theta_ = 0;
};

}  // namespace skerry::node
