#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "edge-node/router/exit_reading.hpp"

namespace skerry::node {

/// What each expert says about one thing: its probabilities, shape [classes]; nothing where it was not asked.
using ExpertOpinions = std::vector<std::optional<std::vector<float>>>;

/// Makes the opinions of several experts one: log p = Σ_m β_m·log p_m − log Z, over those that were asked. With β = 1,
/// where it begins, this is right for experts whose mistakes are independent and classes that are equally frequent;
/// each label moves β by one step of logistic regression on the log-probabilities, so that an expert who is often
/// wrong, or says what another one says, counts for less. Hinton 2002, "Training products of experts by minimizing
/// contrastive divergence", for the form; Duchi et al. 2011, "Adaptive subgradient methods…" (AdaGrad), for the step.
/// One thread at a time. Cost: experts × classes.
class ProductOfExperts {
public:
    static constexpr double kWeightMax = 4;
    static constexpr double kStep = 0.1;

    explicit ProductOfExperts(std::size_t experts) : weights_(experts, 1.0), squares_(experts, 1.0) {}

    /// At least one opinion is there, and all have the same number of classes. A probability below 1e-6 counts as that:
    /// no expert alone rules a class out.
    [[nodiscard]] ExitReading fused(const ExpertOpinions& opinions) const;

    /// The truth about something that was said. Those that were not asked learn nothing.
    void learn(const ExpertOpinions& opinions, std::uint32_t label);

    /// Within [0, kWeightMax].
    [[nodiscard]] std::span<const double> weights() const { return weights_; }

private:
    std::vector<double> weights_;
    std::vector<double> squares_;  ///< of the gradients so far
};

}  // namespace skerry::node
