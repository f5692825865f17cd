#include <utility>

#include "coordinator/ledger/event_codec.hpp"
#include "coordinator/ledger/ledger.pb.h"

namespace skerry::coordinator::ledger {
namespace {

std::int64_t milliseconds(TimePoint time) {
    return time.time_since_epoch().count();
}

std::string raw(ByteView bytes) {
    return std::string(text_of(bytes));
}

void write(const wire::SignedBytes& from, stored::SignedBytes& to) {
    to.set_body(raw(from.body));
    to.set_signature(raw(from.signature));
}

void write(const UpdateId& from, stored::UpdateId& to) {
    to.set_node(raw(from.node.value));
    to.set_sequence(from.sequence.value);
}

void write(const FederationCreated& from, stored::Event& event) {
    auto& to = *event.mutable_federation_created();
    to.set_name(from.name);
    to.set_model(from.model);
    to.set_identity(raw(from.identity));
    for (const std::uint64_t values : from.values)
        to.add_values(values);
    to.set_statistics(from.statistics);
    to.set_root(raw(from.root.value));
    write(from.keys, *to.mutable_keys());
}

void write(const TokenCreated& from, stored::Event& event) {
    auto& to = *event.mutable_token_created();
    to.set_id(raw(from.id.value));
    to.set_secret_hash(raw(from.secret_hash));
    to.set_expires_ms(milliseconds(from.expires));
    to.set_uses(from.uses);
    to.set_tier(static_cast<std::uint32_t>(from.tier));
    to.set_note(from.note);
}

void write(const NodeEnrolled& from, stored::Event& event) {
    auto& to = *event.mutable_node_enrolled();
    to.set_token(raw(from.token.value));
    to.set_node(raw(from.node.value));
    to.set_identity(raw(from.identity.value));
    to.set_transport(raw(from.transport));
    to.set_name(from.name);
    to.set_tier(static_cast<std::uint32_t>(from.tier));
    write(from.certificate, *to.mutable_certificate());
    to.set_certificate_expires_ms(milliseconds(from.certificate_expires));
}

void write(const CertificateRenewed& from, stored::Event& event) {
    auto& to = *event.mutable_certificate_renewed();
    to.set_node(raw(from.node.value));
    write(from.certificate, *to.mutable_certificate());
    to.set_certificate_expires_ms(milliseconds(from.certificate_expires));
}

void write(const NodeRevoked& from, stored::Event& event) {
    auto& to = *event.mutable_node_revoked();
    to.set_node(raw(from.node.value));
    to.set_reason(from.reason);
}

void write(const NodeQuarantined& from, stored::Event& event) {
    auto& to = *event.mutable_node_quarantined();
    to.set_node(raw(from.node.value));
    to.set_by(static_cast<std::uint32_t>(from.by));
    to.set_reason(from.reason);
}

void write(const NodeReleased& from, stored::Event& event) {
    event.mutable_node_released()->set_node(raw(from.node.value));
}

void write(const RoundOpened& from, stored::Event& event) {
    auto& to = *event.mutable_round_opened();
    to.set_round(from.round.value);
    to.set_goal(from.goal);
    to.set_quorum(from.quorum);
    to.set_deadline_ms(milliseconds(from.deadline));
    to.set_rule(from.recipe.rule);
    to.set_optimiser(from.recipe.optimiser);
    if (from.recipe.tier_quorum != 1) to.set_tier_quorum(from.recipe.tier_quorum);
}

void write(const UpdateAccepted& from, stored::Event& event) {
    auto& to = *event.mutable_update_accepted();
    to.set_round(from.round.value);
    write(from.update, *to.mutable_update());
    to.set_lease(raw(from.lease.value));
    to.set_lease_expires_ms(milliseconds(from.lease_expires));
    to.set_base(from.base.value);
    to.set_staleness(from.staleness);
    to.set_tier(static_cast<std::uint32_t>(from.tier));
    to.set_examples(from.examples);
    to.set_weight(from.weight);
    to.set_bytes(from.bytes);
    to.set_content(raw(from.content));
    to.set_norm(from.norm);
    if (from.along) to.set_along(*from.along);
    to.set_doubted(from.doubted);
    to.set_labelled(from.labelled);
    to.set_errors(from.errors);
    for (const wire::ClassPairCount& pair : from.confusions) {
        auto& stored_pair = *to.add_confusions();
        stored_pair.set_truth(pair.truth);
        stored_pair.set_predicted(pair.predicted);
        stored_pair.set_count(pair.count);
    }
    write(from.receipt, *to.mutable_receipt());
    if (from.error_counts) to.set_error_counts(raw(wire::encoded(*from.error_counts)));
    if (!from.audits.empty()) to.set_audits(raw(wire::encoded(from.audits)));
    if (!from.soft_labels.empty()) to.set_soft_labels(raw(wire::encoded(from.soft_labels)));
}

void write(const UpdateRefused& from, stored::Event& event) {
    auto& to = *event.mutable_update_refused();
    to.set_round(from.round.value);
    write(from.update, *to.mutable_update());
    to.set_lease(raw(from.lease.value));
    to.set_base(from.base.value);
    to.set_code(static_cast<std::uint32_t>(from.code));
    to.set_text(from.text);
    to.set_bytes(from.bytes);
    to.set_content(raw(from.content));
}

void write(const UpdateSetAside& from, stored::Event& event) {
    auto& to = *event.mutable_update_set_aside();
    to.set_round(from.round.value);
    write(from.update, *to.mutable_update());
    to.set_reason(from.reason);
}

void write(const RoundFrozen& from, stored::Event& event) {
    auto& to = *event.mutable_round_frozen();
    to.set_round(from.round.value);
    to.set_parent(from.parent.value);
    for (const UpdateId& update : from.set)
        write(update, *to.add_set());
    if (from.seed != Digest{}) to.set_seed(raw(from.seed));
}

void write(const RoundAbandoned& from, stored::Event& event) {
    auto& to = *event.mutable_round_abandoned();
    to.set_round(from.round.value);
    to.set_reason(from.reason);
}

void write(const VersionPublished& from, stored::Event& event) {
    auto& to = *event.mutable_version_published();
    to.set_round(from.round.value);
    to.set_version(from.version.value);
    to.set_parent(from.parent.value);
    to.set_updates(from.updates);
    to.set_weight(from.weight);
    to.set_sum(raw(from.sum));
    to.set_weights(raw(from.weights));
    write(from.manifest, *to.mutable_manifest());
    if (from.optimiser) to.set_optimiser(raw(*from.optimiser));
    if (from.restores) to.set_restores(from.restores->value);
    to.set_restores_from(static_cast<std::uint32_t>(from.restores_from));
    to.set_reason(from.reason);
}

void write(const VersionPinned& from, stored::Event& event) {
    auto& to = *event.mutable_version_pinned();
    to.set_version(from.version.value);
    to.set_reason(from.reason);
}

void write(const VersionUnpinned& from, stored::Event& event) {
    event.mutable_version_unpinned()->set_version(from.version.value);
}

void write(const TrialBegan& from, stored::Event& event) {
    auto& to = *event.mutable_trial_began();
    to.set_version(from.version.value);
    to.set_against(from.against.value);
    for (const NodeId& node : from.canaries)
        to.add_canaries(raw(node.value));
    to.set_deadline_ms(milliseconds(from.deadline));
    to.set_samples_max(from.samples_max);
}

void write(const TrialEnded& from, stored::Event& event) {
    auto& to = *event.mutable_trial_ended();
    to.set_version(from.version.value);
    to.set_outcome(static_cast<std::uint32_t>(from.outcome));
    to.set_reason(from.reason);
    to.set_samples(from.counts.samples);
    to.set_better(from.counts.better);
    to.set_worse(from.counts.worse);
    to.set_cheaper(from.counts.cheaper);
    to.set_dearer(from.counts.dearer);
    to.set_refused(from.counts.refused);
}

void write(const VersionDropped& from, stored::Event& event) {
    event.mutable_version_dropped()->set_version(from.version.value);
}

void write(const UpdatesErased& from, stored::Event& event) {
    auto& to = *event.mutable_updates_erased();
    to.set_round(from.round.value);
    to.set_updates(from.updates);
    to.set_bytes(from.bytes);
    to.set_limit(static_cast<std::uint32_t>(from.limit));
}

void write(const DriftReported& from, stored::Event& event) {
    auto& to = *event.mutable_drift_reported();
    to.set_node(raw(from.node.value));
    to.set_number(from.alarm.number);
    to.set_raised_at_ms(milliseconds(from.alarm.at));
    if (from.alarm.label_class) to.set_label_class(*from.alarm.label_class + 1);
    to.set_detector(static_cast<std::uint32_t>(from.alarm.detector));
    to.set_before(from.alarm.before);
    to.set_after(from.alarm.after);
    to.set_trigger(from.alarm.trigger);
    to.set_global(from.alarm.global.value);
    to.set_local(from.alarm.local);
    to.set_missed(from.missed);
    to.set_early(from.early.value);
}

}  // namespace

Bytes encode(const Event& event) {
    stored::Event to;
    to.set_at_ms(milliseconds(time_of(event)));
    std::visit([&to](const auto& happened) { write(happened, to); }, event);
    Bytes bytes(to.ByteSizeLong());
    to.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

}  // namespace skerry::coordinator::ledger
