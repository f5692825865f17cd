#pragma once

#include <cstdint>
#include <span>

namespace skerry::node {

/// One update of Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, in place; all spans have the same length.
/// `step` counts from 1. Kingma, Ba 2015, "Adam: A Method for Stochastic Optimization", Algorithm 1.
void adam_update(std::span<float> parameters, std::span<const float> gradient, std::span<float> mean,
                 std::span<float> square, std::uint64_t step, float learning_rate);

/// Scales the gradient so that its Euclidean norm is at most `norm_max` (0: leaves it). Returns the norm before.
double clip_norm(std::span<float> gradient, float norm_max);

}  // namespace skerry::node
