#include "coordinator/federation.hpp"

// What nodes report of a world that changes: once into the ledger, and at times an early round for all.
namespace skerry::coordinator {

Actions Federation::hear(const Node& node, const wire::Report& report, TimePoint now) {
    Presence& presence = presence_[node.id];
    presence.installed = report.global;
    presence.report = report;
    if (trial_ && report.trial && !node.quarantine) trial_->hear(node.id, *report.trial);
    if (report.alarms.empty()) return {};

    FleetDrift::Standing standing = drift_.of(node.id);
    ledger::Events events;
    RoundId early;
    bool silenced = false;
    for (const DriftAlarm& alarm : report.alarms) {
        if (alarm.number <= standing.known) continue;
        silenced = silenced || !standing.may_record(now);
        if (silenced) continue;
        ledger::DriftReported reported{now, node.id, alarm, alarm.number - standing.known - 1, {}};
        // What a node in quarantine says hastens nobody.
        if (!node.quarantine && early.value == 0 && drift_.grants_early(policy_.rounds, now))
            early = reported.early = round_now();
        standing.apply(reported);
        events.push_back(std::move(reported));
    }
    Actions actions;
    if (silenced) actions.push_back(Ignored{Ignored::Why::Silenced});
    if (!events.empty()) actions.push_back(Append{std::move(events)});
    if (silenced && standing.known == drift_.of(node.id).known) return actions;
    // To the node also when all were known: it reports them because it has not heard that they are.
    wire::Announcement announcement = announcement_for(node.id, now);
    announcement.alarms_known = standing.known;
    if (early.value != 0) announcement.drift = {policy_.rounds.early_interval, true};
    actions.push_back(Send{node.id, node.transport, announcement});
    if (early.value == 0) return actions;
    for (const Node* const other : present_nodes(now)) {
        if (other->id == node.id) continue;
        wire::Announcement to_other = announcement_for(other->id, now);
        to_other.drift = announcement.drift;
        actions.push_back(Send{other->id, other->transport, std::move(to_other)});
    }
    return actions;
}

wire::DriftNotice Federation::drift_notice(TimePoint now) const {
    const std::chrono::milliseconds lasts = drift_.lasts(policy_.rounds, now);
    return {lasts, lasts.count() > 0 && drift_.is_early(round_now())};
}

void Federation::fold(const ledger::DriftReported& event) {
    drift_.apply(event);
    if (open_ && drift_.is_early(open_->id())) open_->hurry();
}

}  // namespace skerry::coordinator
