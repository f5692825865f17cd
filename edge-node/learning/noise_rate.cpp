#include "edge-node/learning/noise_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace skerry::node {
namespace {

constexpr double kNewest = 0.2;                        // share of the newest trigger
constexpr double kRateLeast = 0.005, kRateMost = 0.5;  // from 0 it could not rise; above a half labels say nothing

}  // namespace

void NoiseRate::observe(std::span<const double> suspicions) {
    if (suspicions.empty()) return;
    const double mean =
        std::accumulate(suspicions.begin(), suspicions.end(), 0.0) / static_cast<double>(suspicions.size());
    value_ = std::clamp(value_ + kNewest * (mean - value_), kRateLeast, kRateMost);
}

double NoiseRate::suspicion(double probability, std::size_t classes) const {
    const double wrong = value_ * (1 - probability) / static_cast<double>(classes - 1);
    const double right = (1 - value_) * probability;
    return wrong + right > 0 ? wrong / (wrong + right) : 1;
}

Result<> NoiseRate::load(ByteReader& from) {
    value_ = from.get<double>();
    if (!from.ok() || !(value_ >= kRateLeast && value_ <= kRateMost)) {
        return fail(ErrorCode::InvalidInput, "the saved share of wrong labels is damaged");
    }
    return {};
}

}  // namespace skerry::node
