#include "edge-node/learner/optimisers.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {
namespace {

constexpr float kEpsilon = 1e-8F;

void adam(std::span<float> parameters, std::span<const float> gradient, const OptimiserMemory& memory,
          std::uint64_t step, float learning_rate) {
    constexpr float kMeanDecay = 0.9F;
    constexpr float kSquareDecay = 0.999F;
    const double t = static_cast<double>(step);
    const auto rate = static_cast<float>(learning_rate / (1.0 - std::pow(double{kMeanDecay}, t)));
    const auto root = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(double{kSquareDecay}, t)));
    float* const theta = parameters.data();
    float* const v = memory.vector(0).data();
    float* const m = memory.vector(1).data();
    const float* const g = gradient.data();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        m[i] = kMeanDecay * m[i] + (1.0F - kMeanDecay) * g[i];
        v[i] = kSquareDecay * v[i] + (1.0F - kSquareDecay) * g[i] * g[i];
        theta[i] -= rate * m[i] / (std::sqrt(v[i]) * root + kEpsilon);
    }
}

void adagrad(std::span<float> parameters, std::span<const float> gradient, const OptimiserMemory& memory,
             float learning_rate) {
    float* const sum = memory.vector(0).data();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        sum[i] += gradient[i] * gradient[i];
        parameters[i] -= learning_rate * gradient[i] / (std::sqrt(sum[i]) + kEpsilon);
    }
}

void cocob(std::span<float> parameters, std::span<const float> gradient, const OptimiserMemory& memory,
           std::uint64_t step) {
    constexpr float kAlpha = 100;
    float* const largest = memory.vector(0).data();
    float* const sum = memory.vector(1).data();
    float* const reward = memory.vector(2).data();
    float* const bet = memory.vector(3).data();
    float* const start = memory.vector(4).data();
    if (step == 1) std::copy(parameters.begin(), parameters.end(), start);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const float g = -gradient[i];
        largest[i] = std::max(largest[i], std::abs(g));
        if (largest[i] == 0) continue;  // it has never mattered
        sum[i] += std::abs(g);
        reward[i] = std::max(reward[i] + (parameters[i] - start[i]) * g, 0.0F);
        bet[i] += g;
        parameters[i] = start[i] + bet[i] / (largest[i] * std::max(sum[i] + largest[i], kAlpha * largest[i])) *
                                       (largest[i] + reward[i]);
    }
}

}  // namespace

void update(Optimiser optimiser, std::span<float> parameters, std::span<const float> gradient,
            const OptimiserMemory& memory, std::uint64_t step, float learning_rate) {
    switch (optimiser) {
        case Optimiser::Adam:
            return adam(parameters, gradient, memory, step, learning_rate);
        case Optimiser::AdaGrad:
            return adagrad(parameters, gradient, memory, learning_rate);
        case Optimiser::Cocob:
            return cocob(parameters, gradient, memory, step);
    }
}

float hypergradient_rate(float rate, float strength, std::span<const float> gradient, const OptimiserMemory& adam) {
    const std::span<const float> square = adam.vector(0);
    const std::span<const float> mean = adam.vector(1);
    double dot = 0;
    double gradients = 0;
    double moves = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const double move = mean[i] / (std::sqrt(square[i]) + kEpsilon);
        dot += gradient[i] * move;
        gradients += double{gradient[i]} * gradient[i];
        moves += move * move;
    }
    if (!(gradients > 0 && moves > 0)) return rate;
    return static_cast<float>(rate * (1 + strength * dot / std::sqrt(gradients * moves)));
}

double clip_norm(std::span<float> gradient, float norm_max) {
    double sum = 0;
    for (const float g : gradient)
        sum += double{g} * double{g};
    const double norm = std::sqrt(sum);
    if (norm_max > 0 && norm > norm_max) {
        const auto scale = static_cast<float>(norm_max / norm);
        for (float& g : gradient)
            g *= scale;
    }
    return norm;
}

}  // namespace skerry::node
