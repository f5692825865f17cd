#include "tests/bench/fleet/hostile.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace skerry::bench {
namespace {

constexpr std::array<std::string_view, 7> kNames{"none", "sign_flip", "scaling", "nan", "label_flip", "alie", "ipm"};
constexpr float kDeviations = 1.5F;
constexpr float kTurned = -5.0F;

void clip(std::vector<float>& update, float norm_max) {
    double squares = 0;
    for (const float value : update)
        squares += static_cast<double>(value) * static_cast<double>(value);
    const double norm = std::sqrt(squares);
    if (norm <= static_cast<double>(norm_max)) return;
    for (float& value : update)
        value = static_cast<float>(value * norm_max / norm);
}

}  // namespace

Result<Attack> attack_named(std::string_view name) {
    std::string known;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) return static_cast<Attack>(i);
        known.append(i == 0 ? "" : ", ").append(kNames[i]);
    }
    return fail(ErrorCode::InvalidInput, "no attack is called '" + std::string(name) + "'; there are " + known);
}

std::vector<float> hostile_update(Attack attack, std::vector<float> own, const std::vector<std::vector<float>>& honest,
                                  float norm_max) {
    const auto count = static_cast<float>(honest.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
        float mean = 0;
        float squares = 0;
        for (const auto& update : honest)
            mean += update[i] / count;
        for (const auto& update : honest)
            squares += (update[i] - mean) * (update[i] - mean) / count;
        switch (attack) {
            case Attack::None:
            case Attack::LabelFlip:
                break;
            case Attack::SignFlip:
                own[i] = -own[i];
                break;
            case Attack::Scaling:
                own[i] *= 100;
                break;
            case Attack::Nan:
                own[i] = std::numeric_limits<float>::quiet_NaN();
                break;
            case Attack::Alie:
                own[i] = mean - kDeviations * std::sqrt(squares);
                break;
            case Attack::Ipm:
                own[i] = kTurned * mean;
                break;
        }
    }
    clip(own, norm_max);
    return own;
}

}  // namespace skerry::bench
