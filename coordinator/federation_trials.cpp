#include <algorithm>

#include "coordinator/federation.hpp"
#include "coordinator/release/canaries.hpp"

// A version that only its canaries have, until it is published or withdrawn.
namespace skerry::coordinator {

const Federation::Version& Federation::newest_for(const NodeId& node) const {
    return trial_ && !trial_->is_canary(node) ? held_.at(trial_->began().against) : newest();
}

std::optional<ledger::TrialBegan> Federation::trial_of(const ledger::VersionPublished& version, TimePoint now) const {
    // Who can compare: has what it is to be compared with, and sees labels.
    std::vector<NodeId> able;
    for (const Node* const node : heard_lately(now)) {
        const Presence& presence = presence_.at(node->id);
        if (node->quarantine || presence.installed != version.parent) continue;
        if (presence.report && presence.report->labelled > 0) able.push_back(node->id);
    }
    std::vector<NodeId> canaries = draw_canaries(policy_.release, std::move(able), random_id_);
    if (canaries.empty()) return std::nullopt;
    return ledger::TrialBegan{now,
                              version.version,
                              version.parent,
                              std::move(canaries),
                              now + policy_.release.trial_time,
                              policy_.release.trial_samples};
}

ledger::TrialEnded Federation::end_of_trial(const Trial::Verdict& verdict, TimePoint now) const {
    return {now, trial_->began().version, verdict.outcome, verdict.reason, trial_->total()};
}

Actions Federation::end_trial(const Trial::Verdict& verdict, TimePoint now) {
    ledger::Events events = {end_of_trial(verdict, now)};
    Actions announcements;
    if (verdict.outcome == ledger::TrialOutcome::Withdrawn) {
        const Version& before = held_.at(trial_->began().against);
        ledger::VersionPublished again = restored(
            before, {}, "version " + std::to_string(newest().version.value) + " was withdrawn: " + verdict.reason, now);
        std::vector<wire::EncodedWeights> encodings;
        for (const Encoding& encoding : this->encodings(before.version))
            encodings.push_back(encoding.what);
        offer(encodings, again.version);
        announcements = announcements_of(again, {}, now);
        events.push_back(std::move(again));
    } else {
        for (const Node* const node : present_nodes(now))
            announcements.push_back(Send{node->id, node->transport, announcement(newest(), node->id, now)});
    }
    Actions actions;
    actions.push_back(Append{std::move(events)});
    std::move(announcements.begin(), announcements.end(), std::back_inserter(actions));
    return actions;
}

Actions Federation::on(const OperatorPromotesVersion& event, TimePoint now) {
    if (!trial_) {
        return answer(event.ticket,
                      fail(ErrorCode::Conflict, "no version is on trial: 'skerry status' shows the newest"));
    }
    Actions actions = end_trial({ledger::TrialOutcome::Published, "promoted by the operator: " + event.reason}, now);
    actions.insert(actions.begin() + 1, Answer{event.ticket, {}});
    return actions;
}

void Federation::fold(const ledger::TrialBegan& event) {
    SKERRY_ASSERT(event.version == newest().version && !trial_ && held_.contains(event.against));
    trial_.emplace(event);
}

void Federation::fold(const ledger::TrialEnded&) {
    trial_.reset();
}

}  // namespace skerry::coordinator
