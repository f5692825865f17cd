#include "edge-node/learning/learning_config.hpp"

#include <cmath>

#include "edge-node/learning/engine.hpp"
#include "edge-node/learning/learner_wire.hpp"
#include "edge-node/learning/step_planner.hpp"

namespace skerry::node {
namespace {

class Problems {
public:
    void expect(bool fine, const char* sentence) {
        if (!fine) sentences_.emplace_back(sentence);
    }
    [[nodiscard]] std::vector<std::string> take() && { return std::move(sentences_); }

private:
    std::vector<std::string> sentences_;
};

// Also false for what is not a number.
bool within(double value, double low, double high) {
    return value >= low && value <= high;
}

}  // namespace

std::vector<std::string> LearningConfig::problems() const {
    Problems problems;
    problems.expect(trigger_rows >= 2 && trigger_rows <= 10'000, "learning.samples must be 2 … 10,000");
    problems.expect(learning_rate == 0 || within(learning_rate, 1e-7, 1), "learning.rate must be 0 or 1e-7 … 1");
    problems.expect(within(decay_triggers, 0.1, 1e9), "learning.decay_triggers must be 0.1 … 1e9");
    problems.expect(within(hypergradient, 1e-6, kHypergradientMax), "learning.hypergradient must be 1e-6 … 0.5");
    problems.expect(within(elastic_min, 1e-3, 1), "learning.elastic_min must be 0.001 … 1");
    problems.expect(within(elastic_max, 1, 1e3), "learning.elastic_max must be 1 … 1000");
    problems.expect(within(elastic_gain, 0, 2), "learning.elastic_gain must be 0 … 2");
    problems.expect(within(elastic_return, 0, 1), "learning.elastic_return must be 0 … 1");
    problems.expect(within(drift_confidence, 1e-9, 0.5), "learning.drift_confidence must be 1e-9 … 0.5");
    problems.expect(within(drift_loss_z, 1, 1e6), "learning.drift_loss_z must be 1 … 1,000,000");
    problems.expect(react_passes >= 1 && react_passes <= 20, "learning.react_passes must be 1 … 20");
    problems.expect(react_triggers <= 1000 && drift_cooldown_triggers <= 1000,
                    "learning.react_triggers and drift_cooldown must be at most 1000");
    problems.expect(step_new_rows >= 1 && step_new_rows <= 1000, "learning.step_new must be 1 … 1000");
    problems.expect(step_new_rows == 0 || (trigger_rows / step_new_rows + 1) * react_passes <= learner_wire::kStepsMax,
                    "learning.samples / step_new · react_passes must be at most 9,999 steps");
    problems.expect(step_replay_rows <= 1000, "learning.step_replay must be at most 1000");
    problems.expect(step_made_rows <= 1000, "learning.step_made must be at most 1000");
    problems.expect(step_new_rows == 0 || step_rows_max(*this) <= learner_wire::kStepRowsMax,
                    "learning.step_new · 1.5, step_replay (twice where replay_adapts) and step_made "
                    "(twice with mixup) must be at most 4,096 rows together");
    problems.expect(step_made_rows == 0 || within(made_weight, 0.01, 1), "learning.made_weight must be 0.01 … 1");
    problems.expect(within(fgsm, 0, 1), "learning.fgsm must be 0 … 1");
    problems.expect(within(mixup, 0, 0.5), "learning.mixup must be 0 … 0.5");
    problems.expect(replay_rows <= 100'000, "learning.replay must be at most 100,000");
    problems.expect(validation_rows <= 10'000, "learning.validation must be at most 10,000");
    problems.expect(within(replay_logit_weight, 0, 10), "learning.replay_logit_weight must be 0 … 10");
    problems.expect(within(prior_strength, 0, 2), "learning.prior_strength must be 0 … 2");
    problems.expect(within(prior_smoothing, 1e-6, 10), "learning.prior_smoothing must be 1e-6 … 10");
    problems.expect(within(exit_weight_floor, 0, 1.0 / 3), "learning.exit_weight_floor must be 0 … 0.333");
    problems.expect(within(distillation, 0, 1), "learning.distillation must be 0 … 1");
    problems.expect(within(soft_labels, 0, 1), "learning.soft_labels must be 0 … 1");
    problems.expect(within(gradient_norm_max, 0, 1e6), "learning.gradient_norm_max must be 0 … 1,000,000");
    problems.expect(within(proximal, 0, 10), "learning.proximal must be 0 … 10");
    problems.expect(within(gate_t_max, 0, 100), "learning.gate_t must be 0 … 100");
    problems.expect(within(gate_tolerance, 0, 10), "learning.gate_tolerance must be 0 … 10");
    problems.expect(gate_rows_min >= 2, "learning.gate_rows must be at least 2");
    problems.expect(rejects_max >= 1, "learning.rejects must be at least 1");
    problems.expect(pause_triggers >= 1, "learning.pause_triggers must be at least 1");
    problems.expect(within(normaliser_rate, 0, 1), "learning.normaliser_rate must be 0 … 1");
    return std::move(problems).take();
}

}  // namespace skerry::node
