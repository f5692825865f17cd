#include <algorithm>

#include "edge-node/learning/learning_trigger.hpp"
#include "edge-node/learning/renaming.hpp"
#include "edge-node/learning/replay_review.hpp"

// What a trigger does with its past when the world has changed, and with labels that turn out to be wrong.
namespace skerry::node {
namespace {

constexpr std::size_t kKnownClassRows = 5;

}  // namespace

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
void LearningTrigger::on_drift(const ForwardResult& answers) {
    state_.drift.note_drift_at(state_.triggers);
    state_.noise.begin_anew();
    std::ptrdiff_t of_known_classes = 0;
    for (const std::uint32_t label : all_labels_)
        of_known_classes += state_.replay.held()[label] >= kKnownClassRows ? 1 : 0;
    state_.relabelled = of_known_classes * 2 > std::ssize(all_labels_) &&
                        !lie_apart(all_rows_, validation_rows_, {replay_rows_, replay_labels_});
    state_.replay.wake();  // what an alarm before this one put to rest
    std::fill(state_.came.begin(), state_.came.end(), false);
    why_ += state_.relabelled ? ", the inputs are as before" : ", inputs or classes are others";
    if (!state_.relabelled) return;
    note_what_comes();
    state_.parents = {};
    if (config_.rename_classes) rename_classes(answers);
}

// Memory and heads say the new names from now on; the step that follows learns what else is new. Its optimiser
// remembers slopes of the old names, which are steep and wrong now.
void LearningTrigger::rename_classes(const ForwardResult& answers) {
    std::vector<std::uint32_t> answered;
    for (std::size_t i = 0; i < answers.rows; ++i) {
        const auto logits = answers.logits_of(i, answers.exits - 1);
        answered.push_back(static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    }
    const std::span all(answered);
    const Renaming renaming =
        renaming_of({all.first(all_labels_.size()), all_labels_}, {all.subspan(all_labels_.size()), validation_labels_},
                    model_.spec.classes.size());
    if (!renames(renaming)) return;
    why_ += "; " + sentence_of(renaming, model_.spec.classes);
    const auto renamed = [&](const std::vector<float>& weights) {
        return std::make_shared<const std::vector<float>>(with_renamed_heads(model_.layout, weights, renaming));
    };
    state_.parameters = renamed(*state_.parameters);
    state_.previous = nullptr;
    if (state_.anchor) state_.anchor = renamed(*state_.anchor);
    state_.optimiser = {};
    state_.labels.rename(renaming, all_labels_);
    state_.replay.rename(renaming);
    state_.validation.rename(renaming);
    read_past();
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
    read_past();
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
