#include "edge-node/learner/adam.hpp"

#include <cmath>

namespace skerry::node {

void adam_update(std::span<float> parameters, std::span<const float> gradient, std::span<float> mean,
                 std::span<float> square, std::uint64_t step, float learning_rate) {
    constexpr float kMeanDecay = 0.9F;
    constexpr float kSquareDecay = 0.999F;
    constexpr float kEpsilon = 1e-8F;
    const double t = static_cast<double>(step);
    const auto rate = static_cast<float>(learning_rate / (1.0 - std::pow(double{kMeanDecay}, t)));
    const auto root = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(double{kSquareDecay}, t)));
    float* const theta = parameters.data();
    float* const m = mean.data();
    float* const v = square.data();
    const float* const g = gradient.data();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        m[i] = kMeanDecay * m[i] + (1.0F - kMeanDecay) * g[i];
        v[i] = kSquareDecay * v[i] + (1.0F - kSquareDecay) * g[i] * g[i];
        theta[i] -= rate * m[i] / (std::sqrt(v[i]) * root + kEpsilon);
    }
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
