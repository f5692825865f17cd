#include <algorithm>
#include <cmath>

#include "common/parameters/normaliser.hpp"
#include "edge-node/learning/learning_trigger.hpp"
#include "edge-node/learning/replay_review.hpp"

// Which rows a trigger reads, judges, trains on, keeps and forgets.
namespace skerry::node {
namespace {

constexpr double kServedFade = 0.95;  // a trigger
constexpr std::uint64_t kTriggersToKnowAnything = 5;
constexpr std::size_t kKnownClassRows = 5;
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
    read(state_.validation, validation_rows_, validation_labels_);
    read(state_.replay, replay_rows_, replay_labels_);
}

void LearningTrigger::read(const feedback::Reservoir& reservoir, std::vector<float>& rows,
                           std::vector<std::uint32_t>& labels) const {
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

// The old concept must not be defended against the new one: while reacting, only rows since the alarm judge.
std::vector<std::size_t> LearningTrigger::judging_rows() const {
    std::vector<std::size_t> rows;
    const auto& examples = state_.validation.examples();
    for (std::size_t i = 0; i < examples.size(); ++i) {
        if (!state_.drift.reacting() || examples[i].trigger >= state_.drift.drifted_at()) rows.push_back(i);
    }
    return rows;
}

// The one of all classes is the last, as it weighs most: where only the newest are told, it is among them.
void LearningTrigger::raise_alarms(const DriftMonitor::Finding& finding, const std::vector<bool>& errors) {
    const auto raise = [this](std::optional<std::uint32_t> label, DriftDetector detector, double before, double after) {
        DriftAlarm& alarm = learned_.alarms.emplace_back();
        alarm.label_class = label;
        alarm.detector = detector;
        alarm.before = before;
        alarm.after = after;
        alarm.trigger = state_.triggers;
    };
    for (const ClassDrift::Alarm& alarm : state_.class_drift.observe(all_labels_, errors))
        raise(alarm.label, DriftDetector::PageHinkley, alarm.before, alarm.after);
    if (finding.drift) raise(std::nullopt, finding.detector, finding.before, finding.after);
}

// A changed world has other inputs or classes, or other answers to the same ones. Then what is remembered is not true
// of it, and no row of before is replayed until the model, which learns the new answers, still gives it its label; what
// it denies to the end of the reaction is forgotten.
void LearningTrigger::on_drift() {
    state_.drift.note_drift_at(state_.triggers);
    state_.noise.begin_anew();
    std::ptrdiff_t of_known_classes = 0;
    for (const std::uint32_t label : all_labels_)
        of_known_classes += state_.replay.held()[label] >= kKnownClassRows ? 1 : 0;
    state_.relabelled = of_known_classes * 2 > std::ssize(all_labels_) &&
                        !lie_apart(all_rows_, validation_rows_, {replay_rows_, replay_labels_});
    state_.replay.wake();  // what an alarm before this one put to rest
    std::fill(state_.came.begin(), state_.came.end(), false);
    if (state_.relabelled) note_what_comes();
    why_ += state_.relabelled ? ", the inputs are as before" : ", inputs or classes are others";
}

// Of a class that has not come since the alarm nothing can be said; one that comes for the first time rests.
void LearningTrigger::note_what_comes() {
    std::vector<bool> newly(state_.came.size(), false);
    for (const std::uint32_t label : all_labels_)
        newly[label] = !state_.came[label];
    std::vector<bool> rests;
    for (const feedback::Example& example : state_.replay.examples()) {
        const bool old = example.trigger < state_.drift.drifted_at();
        rests.push_back(example.rests || (old && newly[example.label]));
    }
    state_.replay.rest(rests);
    for (const std::uint32_t label : all_labels_)
        state_.came[label] = true;
}

void LearningTrigger::end_reaction() {
    const std::size_t denied = state_.replay.erase_resting();
    if (denied > 0) why_ += "; forgot " + std::to_string(denied) + " rows that the new world denied to the end";
    replay_rows_.clear();
    replay_labels_.clear();
    read(state_.replay, replay_rows_, replay_labels_);
    state_.relabelled = false;
}

// What came since the alarm is true of the new world, whatever the model answers; so is what has not come since.
std::vector<std::uint32_t> LearningTrigger::answered_now(const feedback::Reservoir& reservoir,
                                                         const ForwardResult& answers, std::size_t first) const {
    std::vector<std::uint32_t> answered;
    for (std::size_t i = 0; i < reservoir.examples().size(); ++i) {
        const feedback::Example& example = reservoir.examples()[i];
        const auto logits = answers.logits_of(first + i, answers.exits - 1);
        const auto answer = std::max_element(logits.begin(), logits.end()) - logits.begin();
        const bool old = example.trigger < state_.drift.drifted_at() && state_.came[example.label];
        answered.push_back(old ? static_cast<std::uint32_t>(answer) : example.label);
    }
    return answered;
}

bool LearningTrigger::reviews() const {
    return state_.drift.reacting() || (config_.doubt_labels && state_.noise.high());
}

// What was remembered before the model knew better.
void LearningTrigger::forget_wrong_labels(const ForwardResult& answers) {
    const auto first = static_cast<std::ptrdiff_t>(validation_labels_.size() * answers.exits * answers.classes);
    const auto size = static_cast<std::ptrdiff_t>(replay_labels_.size() * answers.exits * answers.classes);
    const ForwardResult replayed{replay_labels_.size(),
                                 answers.exits,
                                 answers.classes,
                                 {answers.logits.begin() + first, answers.logits.begin() + first + size}};
    const auto suspicions = suspicions_of({replay_rows_, replay_labels_}, replayed, {}, state_.noise);
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < suspicions.size(); ++i) {
        if (suspicions[i] > kSuspected) wrong.push_back(i);
    }
    state_.replay.erase(wrong);
    if (!wrong.empty()) why_ += "; forgot " + std::to_string(wrong.size()) + " rows whose labels seem wrong";
}

// Else replay would fight the new concept, and the gate would defend the old one.
void LearningTrigger::review_the_past(const ForwardResult& answers) {
    if (!state_.drift.reacting()) return forget_wrong_labels(answers);
    if (!state_.relabelled) return;  // new rows that lie elsewhere say nothing about the old ones
    const ReviewedRows fresh{rows_, labels_};
    const auto judged = answered_now(state_.validation, answers, 0);
    const auto replayed = answered_now(state_.replay, answers, validation_labels_.size());
    std::vector<bool> rests;
    for (std::size_t i = 0; i < replayed.size(); ++i)
        rests.push_back(replayed[i] != replay_labels_[i]);
    state_.replay.rest(rests);
    const auto no_longer_judge = contradicted({validation_rows_, validation_labels_}, judged, fresh);
    const auto no_longer_replay = contradicted({replay_rows_, replay_labels_}, replayed, fresh);
    state_.validation.erase(no_longer_judge);
    state_.replay.erase(no_longer_replay);
    const std::size_t forgotten = no_longer_judge.size() + no_longer_replay.size();
    if (forgotten > 0) why_ += "; forgot " + std::to_string(forgotten) + " rows that are no longer true";
}

}  // namespace skerry::node
