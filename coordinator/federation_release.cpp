#include <algorithm>
#include <map>

#include "coordinator/federation.hpp"

// What the operator decides of versions: rollback and pin. Numbers never go back, or a node could be made to install an
// old version for a new one: a rollback publishes the old weights under the next number.
namespace skerry::coordinator {
namespace {

std::string name_of(ModelVersion version) {
    return "version " + std::to_string(version.value);
}

tl::unexpected<Error> pinned(const Federation::Pin& pin, ModelVersion version, const std::string& what_to_do) {
    return fail(ErrorCode::Conflict,
                name_of(version) + " is pinned since " + to_text(pin.since) + " (" + pin.reason + "): " + what_to_do);
}

}  // namespace

Result<const Federation::Version*> Federation::restorable(ModelVersion version, bool pin, Tier from) const {
    // To unpin first would let a round close on the version that is to go.
    if (pin_ && !pin) {
        return pinned(*pin_, newest().version, "roll back with --pin, which pins the old weights in its place");
    }
    if (trial_ && from != Tier::Light) {
        // What is on trial would go to all nodes with the tiers that stay.
        return fail(ErrorCode::Conflict, name_of(newest().version) +
                                             " is on trial: roll back all tiers, or 'skerry model promote' it first");
    }
    if (frozen_) {
        return fail(ErrorCode::Conflict, "round " + std::to_string(frozen_->id().value) +
                                             " is being summed, and its version will be the newest: try again then");
    }
    const auto found = held_.find(version);
    if (found == held_.end()) {
        return fail(ErrorCode::NotFound,
                    "the weights of " + name_of(version) + " are not kept: 'skerry model list' shows those that are");
    }
    if (found->second.weights == newest().weights) {
        return fail(ErrorCode::Conflict,
                    name_of(newest().version) + ", the newest, has the weights of " + name_of(version) + " already");
    }
    return &found->second;
}

ledger::VersionPublished Federation::restored(const Version& old, const std::optional<JoinedWeights>& joined,
                                              std::string reason, TimePoint now) const {
    const auto signed_here = wire::open_manifest(old.manifest, keys_.signing.verify_key());
    SKERRY_ASSERT(signed_here.has_value());
    wire::Manifest manifest = *signed_here;
    if (joined) manifest.digests = joined->digests;
    manifest.parent = newest().version;
    manifest.version = manifest.parent.next();
    manifest.round = {};
    manifest.updates = 0;
    manifest.sum = {};
    manifest.contributors = contributors_digest({});
    manifest.published = now;

    ledger::VersionPublished published;
    published.at = now;
    published.version = manifest.version;
    published.parent = manifest.parent;
    published.weights = joined ? joined->digests.back() : old.weights;
    published.manifest = wire::sign(manifest, keys_.signing);
    published.optimiser = joined ? joined->optimiser : old.optimiser;
    if (joined) published.restores_from = joined->from;
    published.restores = old.version;
    published.reason = std::move(reason);
    return published;
}

Actions Federation::on(const OperatorRollsBack& event, TimePoint now) {
    const auto old = restorable(event.to, event.pin, event.joined ? event.joined->from : Tier::Light);
    if (!old) return answer(event.ticket, tl::unexpected(old.error()));
    if (event.joined && event.joined->newest != newest().version) {
        return answer(event.ticket,
                      fail(ErrorCode::Conflict,
                           name_of(newest().version) + " was published meanwhile: look at it, and try again"));
    }
    if (event.joined && event.joined->digests.back() == newest().weights) {
        return answer(event.ticket,
                      fail(ErrorCode::Conflict, name_of(newest().version) + ", the newest, has this part of " +
                                                    name_of(event.to) + " already"));
    }
    ledger::VersionPublished published = restored(**old, event.joined, event.reason, now);
    offer(event.encodings, published.version);
    offer(event.differences, published.version, published.parent);
    Actions announcements = announcements_of(published, {}, now);
    const ModelVersion version = published.version;
    ledger::Events events;
    if (pin_) events.push_back(ledger::VersionUnpinned{now, newest().version});
    if (trial_) {
        events.push_back(
            end_of_trial({ledger::TrialOutcome::Withdrawn, "rolled back by the operator: " + event.reason}, now));
    }
    events.push_back(std::move(published));
    if (event.pin) events.push_back(ledger::VersionPinned{now, version, event.reason});
    Actions actions;
    actions.push_back(Append{std::move(events)});
    actions.push_back(Answer{event.ticket, {}});
    std::move(announcements.begin(), announcements.end(), std::back_inserter(actions));
    return actions;
}

Actions Federation::on(const OperatorPinsVersion& event, TimePoint now) {
    if (pin_) return answer(event.ticket, pinned(*pin_, newest().version, "'skerry model unpin' ends that"));
    if (trial_) {
        return answer(event.ticket,
                      fail(ErrorCode::Conflict, name_of(newest().version) +
                                                    " is on trial: 'skerry model promote' or 'skerry model rollback' "
                                                    "ends that, 'rollback --pin' pins as well"));
    }
    if (frozen_) {
        return answer(event.ticket,
                      fail(ErrorCode::Conflict, "round " + std::to_string(frozen_->id().value) +
                                                    " is being summed, and its version will be the newest: try again "
                                                    "then, or roll back to one that you know"));
    }
    Actions actions;
    actions.push_back(Append{{ledger::VersionPinned{now, newest().version, event.reason}}});
    actions.push_back(Answer{event.ticket, {}});
    return actions;
}

Actions Federation::on(const OperatorUnpinsVersion& event, TimePoint now) {
    if (!pin_) return answer(event.ticket, fail(ErrorCode::Conflict, "no version is pinned"));
    Actions actions;
    actions.push_back(Append{{ledger::VersionUnpinned{now, newest().version}}});
    actions.push_back(Answer{event.ticket, {}});
    return actions;
}

wire::Announcement Federation::announcement_for(const NodeId& node, TimePoint now) const {
    wire::Announcement said = announcement(newest_for(node), node, now);
    if (!trial_) return said;
    if (trial_->is_canary(node)) {
        said.trial_against = trial_->began().against;
    } else if (const auto before = counted_before_.find(node); before != counted_before_.end()) {
        said.counted = before->second;
    }
    return said;
}

wire::Announcement Federation::announcement(const Version& version, const NodeId& node, TimePoint now) const {
    return {version.manifest,
            pool_.of(node).counted,
            fleet_audits_.known(),
            encoding_records(version.version),
            drift_.of(node).known,
            drift_notice(now),
            fleet_soft_labels_.known(),
            {},
            difference_records(version.version)};
}

Actions Federation::announcements_of(const ledger::VersionPublished& version,
                                     const std::optional<ledger::TrialBegan>& trial, TimePoint now) const {
    // The event is not applied yet: what its round counts is still the pool's frozen set.
    const std::vector<Contribution> none;
    const std::vector<Contribution>& set = version.round.value == 0 ? none : pool_.frozen();
    std::map<NodeId, Sequence> counted;
    for (const Contribution& update : set)
        counted[update.update.node] = std::max(counted[update.update.node], update.update.sequence);
    const wire::AuditCounts audits = fleet_audits_.with(set);
    const wire::SoftLabels soft_labels = fleet_soft_labels_.with(set);
    const std::vector<wire::SignedBytes> encodings = encoding_records(version.version);
    const std::vector<wire::SignedBytes> differences = difference_records(version.version);
    Actions announcements;
    for (const Node* const node : present_nodes(now)) {
        const NodeId& id = node->id;
        if (trial && !std::binary_search(trial->canaries.begin(), trial->canaries.end(), id)) continue;
        const auto mine = counted.find(id);
        const Sequence highest = std::max(pool_.of(id).counted, mine == counted.end() ? Sequence{} : mine->second);
        announcements.push_back(Send{
            id, node->transport,
            wire::Announcement{version.manifest, highest, audits, encodings, drift_.of(id).known, drift_notice(now),
                               soft_labels, trial ? trial->against : ModelVersion{}, differences}});
    }
    return announcements;
}

void Federation::fold(const ledger::VersionPinned& event) {
    SKERRY_ASSERT(event.version == newest().version && !pin_);
    pin_ = Pin{event.at, event.reason};
}

void Federation::fold(const ledger::VersionUnpinned&) {
    pin_.reset();
}

}  // namespace skerry::coordinator
