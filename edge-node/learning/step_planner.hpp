#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "edge-node/learning/counterexamples.hpp"
#include "edge-node/learning/learning_state.hpp"

namespace skerry::node {

/// The pools and the plan of one train() call.
struct PlannedTraining {
    std::vector<float> rows;     ///< scaled: the new ones, the counterexamples, the replayed ones
    std::vector<float> targets;  ///< logits that replayed rows had; shape [targets, classes]
    TrainPlan plan;              ///< steps, class prior, exit weights and logit weight are set
};

/// The new rows of a trigger, scaled.
struct NewRows {
    std::span<const float> rows;            ///< shape [labels, input.values()]
    std::span<const std::uint32_t> labels;  ///< class indices
};

/// What a trigger trains on beside replay.
struct FreshRows {
    NewRows labelled;
    const MadeRows& made;  ///< counterexamples; may be empty
};

/// Deals the new rows into mini-steps, once a pass in another order, and mixes each with rows drawn from replay
/// and with the next counterexamples.
/// `remember`: replayed rows also keep their old logits (DER++). Draws from state.random.
[[nodiscard]] PlannedTraining plan_training(const LearningConfig& config, const LearningModel& model,
                                            LearningState& state, const FreshRows& fresh, std::size_t passes,
                                            bool remember);

/// Rows that a mini-step of such a plan has at most, whatever is drawn, adapts and is mixed.
[[nodiscard]] std::size_t step_rows_max(const LearningConfig& config);

/// Remembered rows of each mini-step.
[[nodiscard]] std::size_t replayed_rows(const LearningConfig& config, const LearningState& state);

/// κ·log π of the rows that such a plan trains on; empty where κ is 0.
[[nodiscard]] std::vector<float> class_log_prior(const LearningConfig& config, const LearningState& state);

/// w_k by the traffic that each exit serves, never below the floor; they sum to 1 over `exits`.
[[nodiscard]] std::array<float, kTiers> exit_weights(const LearningConfig& config, const LearningState& state,
                                                     std::size_t exits);

}  // namespace skerry::node
