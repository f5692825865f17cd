#include "coordinator/admission/movements.hpp"

#include <cmath>

namespace skerry::coordinator {

void Movements::published(const Digest& weights, Weights sketches, double share) {
    SKERRY_ASSERT(share > 0 && share <= 1);
    if (!average_) {
        average_ = std::move(sketches);
        return;
    }
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        for (std::size_t i = 0; i < sketches[tier].size(); ++i) {
            float& average = (*average_)[tier][i];
            sketches[tier][i] -= average;
            average += static_cast<float>(share) * sketches[tier][i];
        }
    }
    before_[weights] = std::move(sketches);
}

void Movements::restored() {
    average_.reset();
    before_.clear();
}

std::optional<double> Movements::along(const Digest& base, Tier tier, const Sketch& update) const {
    const auto found = before_.find(base);
    if (found == before_.end() || update.empty()) return std::nullopt;
    const Sketch& moved = found->second.at(static_cast<std::size_t>(tier));
    double product = 0;
    double of_update = 0;
    double of_model = 0;
    for (std::size_t i = 0; i < update.size(); ++i) {
        const auto pull = static_cast<double>(update[i]);
        const auto move = static_cast<double>(moved[i]);
        product += pull * move;
        of_update += pull * pull;
        of_model += move * move;
    }
    if (!(of_update > 0 && of_model > 0)) return std::nullopt;
    return product / std::sqrt(of_update * of_model);
}

}  // namespace skerry::coordinator
