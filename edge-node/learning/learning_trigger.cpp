#include "edge-node/learning/learning_trigger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/base/finite.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/learning/number_text.hpp"
#include "edge-node/learning/paired_test.hpp"
#include "edge-node/learning/row_losses.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kRowsOfAClass = 5;
constexpr double kKnowsNothing = 0.5;    // of the loss of a guess
constexpr double kToleratedLoss = 0.02;  // nats: below this a change of the validation loss is noise

// Each pass carries a federated node farther from the others. What it teaches the fleet's model are the differences
// between its own classes; all others' are harmed by the way.
std::size_t passes_of(const LearningConfig& config, const LabelShares& labels) {
    if (!config.federated) return config.react_passes;
    const double more = static_cast<double>(config.react_passes - 1) * labels.pairs_seen(config.prior_smoothing);
    return 1 + static_cast<std::size_t>(std::lround(more));
}

}  // namespace

LearningTrigger::LearningTrigger(LearningEngine& engine, const LearningConfig& config, const LearningModel& model,
                                 LearningState state, OnOutcome on_outcome)
    : engine_(engine), config_(config), model_(model), state_(std::move(state)), on_outcome_(std::move(on_outcome)) {}

// The engine may be destroyed after us, or answer when we are gone: it holds us weakly.
template <class T, class Then>
LearningEngine::OnDone<T> LearningTrigger::when_done(Then then) {
    return [weak = weak_from_this(), then](Result<T> result) {
        const auto self = weak.lock();
        if (!self) return;
        if (!result) return self->on_outcome_(tl::unexpected(std::move(result).error().within("learning")));
        ((*self).*then)(std::move(*result));
    };
}

void LearningTrigger::forward(std::span<const float> weights, std::span<const float> rows,
                              void (LearningTrigger::*then)(ForwardResult)) {
    engine_.forward({weights, rows}, when_done<ForwardResult>(then));
}

void LearningTrigger::run(std::span<const feedback::LabelledSample> batch) {
    take_batch(batch);
    if (all_labels_.empty()) {
        why_ = "none of the samples fits this model";
        return finish();
    }
    std::vector<float> rows = all_rows_;
    rows.insert(rows.end(), validation_rows_.begin(), validation_rows_.end());
    forward(*state_.parameters, rows, &LearningTrigger::on_now);
}

void LearningTrigger::on_now(ForwardResult answers) {
    if (!all_finite(answers.logits)) {
        return on_outcome_(
            fail(ErrorCode::InvalidInput, "learning: the weights served answer with logits that are not finite"));
    }
    LearningReport& report = learned_.report;
    const std::size_t values = all_labels_.size() * answers.exits * answers.classes;
    learned_.readings = {answers.exits,
                         answers.classes,
                         {answers.logits.begin(), answers.logits.begin() + static_cast<std::ptrdiff_t>(values)},
                         all_labels_};
    state_.labels.add(all_labels_);
    prior_ = class_log_prior(config_, state_);
    exits_ = exit_weights(config_, state_, answers.exits);
    losses_now_ = row_losses(answers, 0, all_labels_, exits_, prior_);
    validation_losses_ = row_losses(answers, all_labels_.size(), validation_labels_, exits_, {});
    state_.distillation.observe(answers, all_labels_);
    const std::vector<bool> errors = row_errors(answers, 0, all_labels_);

    report.loss = mean_of(losses_now_);
    report.accuracy =
        1.0 - static_cast<double>(std::count(errors.begin(), errors.end(), true)) / static_cast<double>(errors.size());
    const DriftMonitor::Finding finding = state_.drift.observe(report.loss, errors);
    report.drift = finding.drift;
    report.loss_z = finding.loss_z;
    why_ = "; " + finding.sentence;
    raise_alarms(finding, errors);
    // With few rows of each class, passes over them learn the rows by heart and not the classes.
    const bool knows_nothing = report.loss > kKnowsNothing * std::log(static_cast<double>(answers.classes)) &&
                               all_labels_.size() >= kRowsOfAClass * answers.classes;
    if (config_.react_at_start && state_.triggers == 1 && knows_nothing) state_.drift.react();
    if (finding.drift) {
        on_drift(answers);
    } else if (state_.relabelled) {
        state_.drift.reacting() ? note_what_comes() : end_reaction();
    }
    judge_errors(answers);
    profile_classes(answers);
    if (state_.drift.reacting()) {
        state_.replay_share.begin_anew();
    } else {
        state_.replay_share.observe(errors, row_errors(answers, all_labels_.size(), validation_labels_));
    }
    choose_rows();
    if (!state_.rate.looks_back()) {
        why_ = state_.rate.at_trigger(state_.triggers) + why_;
        return train();
    }
    if (finding.drift) {
        state_.rate.on_drift();
        why_ = "a new world has no last step to look back on" + why_;
        return train();
    }
    if (!state_.previous) {
        why_ = ElasticRate::nothing_to_judge() + why_;
        return train();
    }
    forward(moved_along_last_step(2.0F), all_rows_, &LearningTrigger::on_twice);
}

void LearningTrigger::on_twice(ForwardResult answers) {
    if (!all_finite(answers.logits)) return not_judged();
    losses_twice_ = row_losses(answers, 0, all_labels_, exits_, prior_);
    forward(moved_along_last_step(0.5F), all_rows_, &LearningTrigger::on_half);
}

void LearningTrigger::on_half(ForwardResult answers) {
    if (!all_finite(answers.logits)) return not_judged();
    const std::vector<float> half = row_losses(answers, 0, all_labels_, exits_, prior_);
    why_ = state_.rate.judge({undoubted(losses_now_), undoubted(losses_twice_), undoubted(half)}) + why_;
    train();
}

void LearningTrigger::not_judged() {
    why_ = "the last step can't be judged: its probe overflowed" + why_;
    train();
}

std::vector<float> LearningTrigger::moved_along_last_step(float length) const {
    std::vector<float> moved = *state_.parameters;
    const std::vector<float>& previous = *state_.previous;
    // Not the normaliser's moments: the question is about the weights.
    for (std::size_t i = model_.layout.statistics(); i < moved.size(); ++i) {
        moved[i] = previous[i] + length * (moved[i] - previous[i]);
    }
    return moved;
}

void LearningTrigger::train() {
    LearningReport& report = learned_.report;
    report.elastic = state_.rate.value();
    report.learning_rate = state_.rate.learning_rate();
    report.reacting = state_.drift.reacting();
    why_ = number("e=%.2f: ", report.elastic) + why_;
    if (state_.paused_until > state_.triggers) {
        report.paused = true;
        why_ += "; paused after " + std::to_string(state_.rejects_in_a_row) + " dropped steps, until trigger " +
                std::to_string(state_.paused_until) + " or new global weights";
        return finish();
    }
    if (state_.paused_until != 0) {
        state_.paused_until = 0;
        state_.rejects_in_a_row = 0;
    }
    if (labels_.empty()) {
        why_ += "; all samples are held out, nothing to train on";
        return finish();
    }
    report.passes = report.reacting ? passes_of(config_, state_.labels) : 1;
    made_ = made_rows();
    if (made_.labels.empty()) return step();
    forward(*state_.parameters, made_.rows, &LearningTrigger::on_made);
}

void LearningTrigger::on_made(ForwardResult answers) {
    if (!all_finite(answers.logits)) {
        made_ = {};
        return step();
    }
    made_ = accepted(made_, answers);
    learned_.report.made_rows = made_.labels.size();
    step();
}

void LearningTrigger::step() {
    LearningReport& report = learned_.report;
    PlannedTraining planned =
        plan_training(config_, model_, state_, {{rows_, labels_}, made_}, report.passes, !report.reacting);
    planned.plan.optimiser = optimiser_of(config_.rate_rule);
    planned.plan.learning_rate = static_cast<float>(report.learning_rate);
    if (config_.rate_rule == RateRule::Hypergradient) {
        planned.plan.hypergradient = config_.hypergradient;
        planned.plan.rate_bounds = state_.rate.bounds();
    }
    planned.plan.exit_weights = exits_;
    if (config_.doubt_labels && state_.noise.high()) {
        planned.plan.label_noise = static_cast<float>(state_.noise.value());
    }
    planned.plan.distillation = state_.distillation.weights(config_.distillation);
    if (state_.class_targets) {
        planned.plan.class_targets = *state_.class_targets;
        planned.plan.class_target_share = config_.soft_labels;
    }
    std::span<const float> anchor;
    if (config_.proximal > 0 && state_.anchor) {
        planned.plan.proximal = config_.proximal;
        anchor = *state_.anchor;
    }
    report.steps = planned.plan.steps.size();
    if (report.passes > 1) why_ += "; " + std::to_string(report.passes) + " passes";
    engine_.train({*state_.parameters, state_.optimiser, planned.rows, planned.targets, anchor, planned.plan},
                  when_done<TrainResult>(&LearningTrigger::on_trained));
}

void LearningTrigger::on_trained(TrainResult result) {
    if (!result.finite || !all_finite(result.parameters)) return reject("its numbers overflowed");
    learned_.report.step_loss_first = result.losses.front();
    learned_.report.step_loss_last = result.losses.back();
    trained_ = std::make_shared<const std::vector<float>>(std::move(result.parameters));
    trained_optimiser_ = std::move(result.optimiser);
    trained_rate_ = result.learning_rate;
    std::vector<float> rows = validation_rows_;
    if (reviews()) rows.insert(rows.end(), replay_rows_.begin(), replay_rows_.end());
    // The new ones where what is answered is remembered; and where there are no others that tell an overflow.
    if (config_.replay_logit_weight > 0 || rows.empty()) rows.insert(rows.end(), rows_.begin(), rows_.end());
    forward(*trained_, rows, &LearningTrigger::on_after);
}

void LearningTrigger::on_after(ForwardResult answers) {
    if (!all_finite(answers.logits)) return reject("its answers overflowed");
    LearningReport& report = learned_.report;
    const std::vector<float> after = row_losses(answers, 0, validation_labels_, exits_, {});
    std::vector<float> judged_before;
    std::vector<float> judged_after;
    for (const std::size_t i : judging_rows()) {
        judged_before.push_back(validation_losses_[i]);
        judged_after.push_back(after[i]);
    }
    report.gate_rows = judged_after.size();
    const double tolerated = config_.gate_tolerance * mean_of(judged_before) + kToleratedLoss;
    for (float& loss : judged_before)
        loss += static_cast<float>(tolerated);
    report.gate_t = paired_t(judged_after, judged_before);
    if (report.gate_rows >= config_.gate_rows_min && report.gate_t > config_.gate_t_max) {
        return reject(number("it made the validation rows worse (t=%.1f, ", report.gate_t) +
                      std::to_string(report.gate_rows) + " rows)");
    }
    learned_.accepted = true;
    report.trained_rows = labels_.size();
    state_.rejects_in_a_row = 0;
    state_.rate.on_step(trained_rate_);
    if (config_.distillation > 0) state_.distillation.advance(report.steps);
    state_.previous = std::exchange(state_.parameters, std::move(trained_));
    state_.optimiser = std::move(trained_optimiser_);
    if (reviews()) review_the_past(answers);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
        feedback::Example example{batch_[chosen_[i]].prediction.sample, labels_[i], state_.triggers, {}};
        if (config_.replay_logit_weight > 0) {
            const auto logits = answers.logits_of(answers.rows - labels_.size() + i, answers.exits - 1);
            example.logits.assign(logits.begin(), logits.end());
        }
        state_.replay.offer(std::move(example), state_.random);
    }
    finish();
}

void LearningTrigger::reject(const std::string& why) {
    state_.rate.on_reject();
    state_.previous = nullptr;
    ++state_.rejects_in_a_row;
    why_ += "; step dropped because " + why + number(", e is now %.2f", state_.rate.value());
    if (state_.rejects_in_a_row >= config_.rejects_max) {
        state_.paused_until = state_.triggers + 1 + config_.pause_triggers;
        why_ += "; " + std::to_string(state_.rejects_in_a_row) + " in a row: learning pauses";
    }
    finish();
}

void LearningTrigger::finish() {
    keep_held_out();
    if (!all_rows_.empty()) {
        // After training: the step was made with what was served.
        auto parameters = *state_.parameters;
        const std::vector<float> moments = parameters::moments_of(model_.spec.input, all_rows_);
        for (std::size_t i = 0; i < moments.size(); ++i) {
            parameters[i] += config_.normaliser_rate * (moments[i] - parameters[i]);
        }
        state_.parameters = std::make_shared<const std::vector<float>>(std::move(parameters));
    }
    LearningReport& report = learned_.report;
    report.prequential = state_.prequential.numbers();
    report.drift_window = state_.drift.window().size();
    report.drift_error = state_.drift.window().mean();
    report.rejects_in_a_row = state_.rejects_in_a_row;
    report.reason = why_;
    state_.drift.end_trigger();
    learned_.parameters = state_.parameters;
    on_outcome_(Outcome{std::move(state_), std::move(learned_)});
}

}  // namespace skerry::node
