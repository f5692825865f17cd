#include "edge-node/learning/step_planner.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "common/parameters/normaliser.hpp"

namespace skerry::node {
namespace {

// 0 … count − 1 in a random order (Fisher and Yates).
std::vector<std::uint32_t> shuffled(std::size_t count, Random& random) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t i = count; i > 1; --i)
        std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

// Puts replayed examples into the pools, each once however often it is drawn.
class ReplayPool {
public:
    ReplayPool(const LearningModel& model, const feedback::Reservoir& replay, std::size_t first_row, bool remember,
               PlannedTraining& planned)
        : model_(model), replay_(replay), next_row_(first_row), remember_(remember), planned_(planned) {}

    TrainRow row_for(std::size_t index) {
        const auto known = rows_.find(index);
        return known != rows_.end() ? known->second
                                    : rows_.emplace(index, add(replay_.examples()[index])).first->second;
    }

private:
    TrainRow add(const feedback::Example& example) {
        const auto scaled = parameters::scaled_values(model_.spec.input, example.sample);
        SKERRY_ASSERT(scaled.has_value());  // it was scaled when it came
        planned_.rows.insert(planned_.rows.end(), scaled->begin(), scaled->end());
        TrainRow row{static_cast<std::uint32_t>(next_row_++), example.label, 1.0F, {}};
        if (remember_ && !example.logits.empty()) {
            row.target = next_target_++;
            planned_.targets.insert(planned_.targets.end(), example.logits.begin(), example.logits.end());
        }
        return row;
    }

    const LearningModel& model_;
    const feedback::Reservoir& replay_;
    std::size_t next_row_;
    std::uint32_t next_target_ = 0;
    bool remember_;
    PlannedTraining& planned_;
    std::map<std::size_t, TrainRow> rows_;
};

}  // namespace

PlannedTraining plan_training(const LearningConfig& config, const LearningModel& model, LearningState& state,
                              const FreshRows& fresh, std::size_t passes, bool remember) {
    PlannedTraining planned;
    planned.rows.assign(fresh.labelled.rows.begin(), fresh.labelled.rows.end());
    planned.rows.insert(planned.rows.end(), fresh.made.rows.begin(), fresh.made.rows.end());
    const std::size_t count = fresh.labelled.labels.size();
    const std::size_t made = fresh.made.labels.size();
    std::size_t next_made = 0;
    ReplayPool replay(model, state.replay, count + made, remember, planned);
    // Rounded, so that 90 rows make 5 steps of 18 and not 4 of 20 and one of 10.
    const std::size_t steps = std::max<std::size_t>(1, (count + config.step_new_rows / 2) / config.step_new_rows);
    for (std::size_t pass = 0; pass < passes; ++pass) {
        const auto order = shuffled(count, state.random);
        for (std::size_t s = 0; s < steps; ++s) {
            TrainStep& step = planned.plan.steps.emplace_back();
            for (std::size_t i = s * count / steps; i < (s + 1) * count / steps; ++i) {
                step.push_back(TrainRow{order[i], fresh.labelled.labels[order[i]], 1.0F, {}});
            }
            for (const std::size_t index : state.replay.draw(replayed_rows(config, state), state.random)) {
                step.push_back(replay.row_for(index));
            }
            for (std::size_t i = 0; i < std::min(config.step_made_rows, made); ++i, ++next_made) {
                const std::size_t row = next_made % made;
                const MadeLabel& taken_for = fresh.made.labels[row];
                TrainRow learned{static_cast<std::uint32_t>(count + row), taken_for.label, config.made_weight, {}};
                if (taken_for.adversarial) learned.adversarial = config.fgsm;
                learned.weight *= taken_for.share;
                step.push_back(learned);
                if (taken_for.share == 1) continue;
                learned.label = taken_for.other;
                learned.weight = config.made_weight * (1 - taken_for.share);
                if (learned.weight > 0) step.push_back(learned);
            }
        }
    }
    std::erase_if(planned.plan.steps, [](const TrainStep& step) { return step.empty(); });
    planned.plan.class_log_prior = class_log_prior(config, state);
    planned.plan.logit_weight = remember ? config.replay_logit_weight : 0.0F;
    planned.plan.gradient_norm_max = config.gradient_norm_max;
    return planned;
}

std::size_t step_rows_max(const LearningConfig& config) {
    // As many new ones as are still dealt into one step, rounded: for 10, 14.
    const std::size_t fresh = std::min(config.trigger_rows, config.step_new_rows + (config.step_new_rows - 1) / 2);
    const std::size_t replayed = ReplayShare::rows_max(config.step_replay_rows);
    // A mixture is a row of each of its two classes.
    return fresh + (config.replay_adapts ? replayed : config.step_replay_rows) +
           config.step_made_rows * (config.mixup > 0 ? 2 : 1);
}

std::size_t replayed_rows(const LearningConfig& config, const LearningState& state) {
    return config.replay_adapts ? state.replay_share.rows(config.step_replay_rows) : config.step_replay_rows;
}

std::vector<float> class_log_prior(const LearningConfig& config, const LearningState& state) {
    if (config.prior_strength <= 0) return {};
    std::vector<double> replayed;
    for (const std::size_t awake : state.replay.awake())
        replayed.push_back(static_cast<double>(awake));
    return state.labels.log_prior({static_cast<double>(config.step_new_rows), replayed,
                                   static_cast<double>(replayed_rows(config, state)), double{config.prior_smoothing},
                                   double{config.prior_strength}});
}

std::array<float, kTiers> exit_weights(const LearningConfig& config, const LearningState& state, std::size_t exits) {
    double total = 0;
    for (std::size_t k = 0; k < exits; ++k)
        total += state.served[k];
    std::array<float, kTiers> weights{};
    const double spread = 1.0 - static_cast<double>(exits) * double{config.exit_weight_floor};
    for (std::size_t k = 0; k < exits; ++k) {
        const double share = total > 0 ? state.served[k] / total : 1.0 / static_cast<double>(exits);
        weights[k] = static_cast<float>(double{config.exit_weight_floor} + spread * share);
    }
    return weights;
}

}  // namespace skerry::node
