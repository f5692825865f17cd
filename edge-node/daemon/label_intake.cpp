#include "edge-node/daemon/label_intake.hpp"

#include <optional>
#include <unordered_map>
#include <utility>

#include "common/observe/disk_failure.hpp"

namespace skerry::node {

namespace {

/// One label with what the ring knows of its request.
struct Unjudged {
    IncomingLabel label;
    std::optional<feedback::Prediction> prediction;
    bool expired = false;
};

/// On the storage thread: the record decides, then what is new becomes durable in one transaction.
Result<LabelIntake::Verdicts> judge_and_append(feedback::LabelStore& store, std::vector<Unjudged> candidates,
                                               TimePoint now) {
    LabelIntake::Verdicts verdicts;
    std::vector<feedback::LabelledSample> accepted;
    std::unordered_map<std::string, feedback::RecordedLabel> in_this_group;
    for (Unjudged& candidate : candidates) {
        feedback::KnownRequest known;
        if (candidate.prediction) {
            known.waiting = candidate.prediction->order;
            known.id_reused = candidate.prediction->id_reused;
        }
        known.expired = candidate.expired;
        const std::string& request = candidate.label.request;
        if (const auto earlier = in_this_group.find(request); earlier != in_this_group.end()) {
            known.recorded = earlier->second;
        } else {
            known.recorded = SKERRY_TRY(store.label_of(request));
        }
        const auto verdict = feedback::judge_label(known, candidate.label.label);
        verdicts.push_back(verdict);
        if (!is_accepted(verdict)) continue;
        in_this_group[request] = {candidate.label.label, candidate.prediction->order};
        accepted.push_back({std::move(*candidate.prediction), candidate.label.label, now});
    }
    if (!accepted.empty()) SKERRY_TRY(store.append(accepted));
    return verdicts;
}

}  // namespace

void LabelIntake::submit(std::vector<IncomingLabel> labels, OnDone on_done) {
    waiting_ += labels.size();
    gathering_.push_back({std::move(labels), std::move(on_done)});
    if (!committing_) commit();
}

void LabelIntake::commit() {
    committing_ = true;
    std::vector<Submission> group = std::exchange(gathering_, {});
    std::vector<Unjudged> candidates;
    std::vector<Answered> answered;  // an id may be used again before its label is durable
    for (const Submission& submission : group) {
        for (const IncomingLabel& label : submission.labels) {
            candidates.push_back({label, ring_.find(label.request), ring_.has_expired(label.request)});
            const auto& prediction = candidates.back().prediction;
            answered.push_back(prediction ? Answered{prediction->order, prediction->at} : Answered{});
        }
    }
    storage_.run(
        [&store = store_, candidates = std::move(candidates)]() mutable {
            auto verdicts = judge_and_append(store, std::move(candidates), Clock::now());
            return std::pair(std::move(verdicts), store.disk_full());
        },
        [this, group = std::move(group),
         answered = std::move(answered)](std::pair<Result<Verdicts>, bool> outcome) mutable {
            auto& [verdicts, full] = outcome;
            if (!verdicts && !full) observe::disk_failed(verdicts.error());
            disk_trouble_ = verdicts ? std::string() : verdicts.error().message;
            if (full) on_full_();
            if (!verdicts) {
                verdicts = fail(ErrorCode::Unavailable,
                                "these labels were not kept: " + disk_trouble_ + "; send them again later");
            }
            finish(std::move(group), answered, std::move(verdicts));
        });
}

void LabelIntake::finish(std::vector<Submission> group, const std::vector<Answered>& answered,
                         Result<Verdicts> verdicts) {
    committing_ = false;
    const TimePoint now = Clock::now();
    std::size_t accepted = 0;
    std::size_t next = 0;
    std::vector<Result<Verdicts>> answers;
    for (const Submission& submission : group) {
        waiting_ -= submission.labels.size();
        if (!verdicts) {
            answers.emplace_back(tl::unexpected(verdicts.error()));
            continue;
        }
        Verdicts own;
        for (const IncomingLabel& label : submission.labels) {
            const Answered& prediction = answered[next];
            own.push_back((*verdicts)[next++]);
            ring_.remove(label.request, prediction.order);  // also where a crash kept it waiting beside its record
            if (!is_accepted(own.back())) continue;
            ++accepted;
            delays_.add(now - prediction.at);
        }
        answers.emplace_back(std::move(own));
    }
    if (!gathering_.empty()) commit();
    if (accepted > 0) on_accepted_(accepted);
    for (std::size_t i = 0; i < group.size(); ++i)
        group[i].on_done(std::move(answers[i]));
}

}  // namespace skerry::node
