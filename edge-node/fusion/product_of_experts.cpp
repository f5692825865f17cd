#include "edge-node/fusion/product_of_experts.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"

namespace skerry::node {
namespace {

constexpr float kLeast = 1e-6F;

double log_of(float probability) {
    return std::log(double{std::max(probability, kLeast)});
}

std::size_t classes_of(const ExpertOpinions& opinions) {
    const auto said = std::find_if(opinions.begin(), opinions.end(), [](const auto& one) { return one.has_value(); });
    SKERRY_ASSERT(said != opinions.end());
    return (*said)->size();
}

}  // namespace

ExitReading ProductOfExperts::fused(const ExpertOpinions& opinions) const {
    SKERRY_ASSERT(opinions.size() == weights_.size());
    std::vector<float> sums(classes_of(opinions), 0.0F);
    for (std::size_t m = 0; m < opinions.size(); ++m) {
        if (!opinions[m]) continue;
        SKERRY_ASSERT(opinions[m]->size() == sums.size());
        for (std::size_t c = 0; c < sums.size(); ++c)
            sums[c] += static_cast<float>(weights_[m] * log_of((*opinions[m])[c]));
    }
    return read_exit(sums);
}

void ProductOfExperts::learn(const ExpertOpinions& opinions, std::uint32_t label) {
    const ExitReading reading = fused(opinions);
    SKERRY_ASSERT(label < reading.probabilities.size());
    for (std::size_t m = 0; m < opinions.size(); ++m) {
        if (!opinions[m]) continue;
        // ∂(−log p[label])/∂β_m = E_p[log p_m] − log p_m[label].
        double gradient = -log_of((*opinions[m])[label]);
        for (std::size_t c = 0; c < reading.probabilities.size(); ++c)
            gradient += double{reading.probabilities[c]} * log_of((*opinions[m])[c]);
        squares_[m] += gradient * gradient;
        weights_[m] = std::clamp(weights_[m] - kStep * gradient / std::sqrt(squares_[m]), 0.0, kWeightMax);
    }
}

}  // namespace skerry::node
