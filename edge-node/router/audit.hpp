#pragma once

#include <array>

#include "common/base/ids.hpp"
#include "edge-node/router/knots.hpp"

namespace skerry::node {

/// The exits that may answer in heavy's place.
inline constexpr std::size_t kLighterExits = kTiers - 1;

/// One answered sample whose exits were all read at the same weights: what each lighter exit costs, without a label.
struct Audit {
    std::array<float, kLighterExits> uncertainty{};  ///< u of light and medium, 0 … 1
    std::array<bool, kLighterExits> differs{};       ///< that exit names another class than heavy
    Tier answered = Tier::Heavy;
    float weight = 1;  ///< 1/p: how many requests it stands for

    /// ℓ: the answer that was given is not heavy's.
    [[nodiscard]] bool lost() const { return answered != Tier::Heavy && differs[static_cast<std::size_t>(answered)]; }
};

/// Who would answer an audited sample along the path (knots.hpp). Heavy does up to the first of these positions.
struct PathSteps {
    double medium = 0;  ///< beyond it medium answers, unless light does
    double light = 0;   ///< beyond it light answers
    double loss = 0;    ///< beyond it an answer that is not heavy's has occurred: the monotone loss. +∞: never
};
[[nodiscard]] PathSteps steps_of(const Audit& audit, const Knots& base);

}  // namespace skerry::node
