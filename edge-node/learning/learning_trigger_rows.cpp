#include <algorithm>
#include <cmath>

#include "common/parameters/normaliser.hpp"
#include "edge-node/learning/learning_trigger.hpp"
#include "edge-node/learning/replay_review.hpp"

// Which rows a trigger reads, judges, trains on and keeps.
namespace skerry::node {
namespace {

constexpr double kServedFade = 0.95;  // a trigger
constexpr std::uint64_t kTriggersToKnowAnything = 5;
constexpr double kErrorsWorthwhile = 0.02;  // fewer than this share of answers: nothing to learn from them

}  // namespace

void LearningTrigger::take_batch(std::span<const feedback::LabelledSample> batch) {
    LearningReport& report = learned_.report;
    report.trigger = ++state_.triggers;
    report.rows = batch.size();
    const std::size_t classes = model_.spec.classes.size();
    for (double& count : state_.served)
        count *= kServedFade;
    for (const feedback::LabelledSample& labelled : batch) {
        learned_.consumed.push_back(labelled.row);
        const feedback::Prediction& prediction = labelled.prediction;
        const auto scaled = parameters::scaled_values(model_.spec.input, prediction.sample);
        if (!scaled || labelled.label >= classes || prediction.predicted >= classes) {
            ++report.dropped_rows;
            continue;
        }
        state_.prequential.add(prediction.tier, prediction.predicted, labelled.label);
        state_.served[static_cast<std::size_t>(prediction.tier)] += 1;
        all_rows_.insert(all_rows_.end(), scaled->begin(), scaled->end());
        all_labels_.push_back(labelled.label);
        batch_.push_back(labelled);
    }
    state_.prequential.end_trigger();
    read_past();
}

void LearningTrigger::read_past() {
    read(state_.validation, validation_rows_, validation_labels_);
    read(state_.replay, replay_rows_, replay_labels_);
}

void LearningTrigger::read(const feedback::Reservoir& reservoir, std::vector<float>& rows,
                           std::vector<std::uint32_t>& labels) const {
    rows.clear();
    labels.clear();
    rows.reserve(reservoir.examples().size() * model_.spec.input.values());
    for (const feedback::Example& example : reservoir.examples()) {
        const auto scaled = parameters::scaled_values(model_.spec.input, example.sample);
        SKERRY_ASSERT(scaled.has_value());  // it was scaled when it came
        rows.insert(rows.end(), scaled->begin(), scaled->end());
        labels.push_back(example.label);
    }
}

void LearningTrigger::judge_errors(const ForwardResult& answers) {
    const std::size_t values = model_.spec.input.values();
    std::vector<AnsweredRow> rows;
    for (std::size_t i = 0; i < batch_.size(); ++i)
        rows.push_back({&batch_[i].prediction, batch_[i].label, std::span(all_rows_).subspan(i * values, values)});
    const ReviewedRows known{replay_rows_, replay_labels_};
    std::vector<double> suspicions = suspicions_of({all_rows_, all_labels_}, answers, known, state_.noise);
    if (!state_.drift.reacting() && state_.triggers > kTriggersToKnowAnything) state_.noise.observe(suspicions);
    if (!state_.noise.high()) suspicions.clear();
    types_ = types_of(rows, answers, known, {state_.energies.strange(), state_.drift.reacting(), suspicions});
    learned_.report.label_noise = state_.noise.value();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        state_.energies.add(energy_of(answers.logits_of(i, answers.exits - 1)));
        if (batch_[i].correct()) continue;
        learned_.errors.push_back({batch_[i].row, types_[i]});
        ++learned_.report.errors[static_cast<std::size_t>(types_[i])];
    }
}

void LearningTrigger::profile_classes(const ForwardResult& answers) {
    // Of an option that was on; or of labels that mean something else now, whose old answers would teach mistakes.
    if (config_.soft_labels <= 0 || state_.relabelled) {
        state_.class_profile = {};
    } else if (answers.exits == kTiers) {
        std::vector<bool> left_out;
        for (std::size_t i = 0; i < batch_.size(); ++i)
            left_out.push_back(doubted(i));
        state_.class_profile.observe(answers, all_labels_, left_out);
    }
}

// As many as one pass can mix in.
MadeRows LearningTrigger::made_rows() {
    state_.parents.expire(state_.triggers);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        const feedback::Prediction& prediction = batch_[i].prediction;
        if (!ErrorParents::takes(types_[i]) || feedback::is_for_validation(prediction.order)) continue;
        state_.parents.add({prediction.sample, batch_[i].label, prediction.predicted, state_.triggers, 0});
    }
    const bool worthwhile = 1 - state_.prequential.numbers().accuracy_window >= kErrorsWorthwhile;
    if (config_.step_made_rows == 0 || !worthwhile || state_.drift.reacting()) return {};
    const std::size_t steps = (labels_.size() + config_.step_new_rows - 1) / config_.step_new_rows;
    std::vector<float> deviations;
    for (const float gain : parameters::normaliser_of(model_.layout, *state_.parameters).gain)
        deviations.push_back(1 / gain);
    const MakingOptions options{deviations, steps * config_.step_made_rows, config_.mixup, config_.fgsm > 0};
    return make_counterexamples(model_.spec, state_.parents, state_.replay, options, state_.random);
}

bool LearningTrigger::doubted(std::size_t place) const {
    return config_.doubt_labels && state_.noise.high() && types_[place] == feedback::ErrorType::LabelNoise;
}

// Where many labels are wrong, one that the model speaks against is learned by nobody. Where few are, it is dearer than
// the harm it does: leaving them out cost up to half a point on streams that change.
void LearningTrigger::choose_rows() {
    const std::size_t values = model_.spec.input.values();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        if (doubted(i)) {
            ++learned_.report.doubted_rows;
        } else if (feedback::is_for_validation(batch_[i].prediction.order)) {
            ++learned_.report.held_out_rows;
        } else {
            const auto row = std::span(all_rows_).subspan(i * values, values);
            rows_.insert(rows_.end(), row.begin(), row.end());
            labels_.push_back(batch_[i].label);
            chosen_.push_back(i);
        }
    }
    if (state_.noise.high()) {
        const double percent = 100 * state_.noise.value();
        why_ += "; " + std::to_string(std::lround(percent)) + " % of labels seem wrong, " +
                std::to_string(learned_.report.doubted_rows) + " of these left out";
    }
}

std::vector<float> LearningTrigger::undoubted(const std::vector<float>& of_all_rows) const {
    std::vector<float> kept;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        if (!doubted(i)) kept.push_back(of_all_rows[i]);
    }
    return kept;
}

void LearningTrigger::keep_held_out() {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        if (doubted(i) || !feedback::is_for_validation(batch_[i].prediction.order)) continue;
        state_.validation.offer({batch_[i].prediction.sample, batch_[i].label, state_.triggers, {}}, state_.random);
    }
}

}  // namespace skerry::node
