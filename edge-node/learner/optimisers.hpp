#pragma once

#include <cstdint>
#include <span>

#include "edge-node/learning/engine.hpp"

namespace skerry::node {

/// What an optimiser remembers: vectors as long as the parameters, one behind the other, of each without the leading
/// values that nobody trains.
class OptimiserMemory {
public:
    OptimiserMemory(std::span<float> all, std::size_t parameters, std::size_t untrained)
        : all_(all), parameters_(parameters), untrained_(untrained) {}

    [[nodiscard]] std::span<float> vector(std::size_t index) const {
        return all_.subspan(index * parameters_ + untrained_, parameters_ - untrained_);
    }

private:
    std::span<float> all_;
    std::size_t parameters_;
    std::size_t untrained_;
};

/// One update in place; `parameters`, `gradient` and the memory's vectors have one length, `step` counts from 1.
///
/// Adam      β₁ = 0.9, β₂ = 0.999, ε = 1e-8. Kingma, Ba 2015, Algorithm 1
/// AdaGrad   θ −= η·g/(√Σg² + 1e-8). Duchi, Hazan, Singer 2011
/// Cocob     bets on each coordinate, without a rate (`learning_rate` is not used), α = 100.
///           Orabona, Tommasi 2017, Algorithm 2 (COCOB-Backprop)
void update(Optimiser optimiser, std::span<float> parameters, std::span<const float> gradient,
            const OptimiserMemory& memory, std::uint64_t step, float learning_rate);

/// The rate after a look at the step before: η·(1 + strength·cos(g, u)), where u is the way in which Adam went last, by
/// its memory. Baydin et al. 2018, "Online Learning Rate Adaptation with Hypergradient Descent", the multiplicative
/// rule. The same rate where there was no step yet.
[[nodiscard]] float hypergradient_rate(float rate, float strength, std::span<const float> gradient,
                                       const OptimiserMemory& adam);

/// Scales the gradient so that its Euclidean norm is at most `norm_max` (0: leaves it). Returns the norm before.
double clip_norm(std::span<float> gradient, float norm_max);

}  // namespace skerry::node
