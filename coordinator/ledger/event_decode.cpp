#include <algorithm>
#include <utility>

#include "coordinator/ledger/event_codec.hpp"
#include "coordinator/ledger/ledger.pb.h"
#include "coordinator/ledger/milliseconds.hpp"

namespace skerry::coordinator::ledger {
namespace {

// Reads the fields of one entry. After the first fault everything it gives is zero: read all fields, then ask once.
class Fields {
public:
    template <class Id>
    void id(const std::string& from, Id& to) {
        array(from, to.value);
    }
    template <std::size_t N>
    void array(const std::string& from, ByteArray<N>& to) {
        if (from.size() != N) {
            good_ = false;
            return;
        }
        std::copy_n(bytes_of(from).data(), N, to.begin());
    }
    void tier(std::uint32_t from, Tier& to) {
        if (from >= kTiers) good_ = false;
        to = static_cast<Tier>(from % kTiers);
    }
    void signed_bytes(const stored::SignedBytes& from, wire::SignedBytes& to) {
        to.body = copy_of(bytes_of(from.body()));
        array(from.signature(), to.signature);
    }
    void audits(const std::string& from, wire::AuditCounts& to) {
        auto counts = wire::audit_counts_of(bytes_of(from));
        if (counts) to = *std::move(counts);
        good_ = good_ && !to.empty();
    }
    void soft_labels(const std::string& from, wire::SoftLabels& to) {
        auto labels = wire::soft_labels_of(bytes_of(from));
        if (labels) to = *std::move(labels);
        good_ = good_ && !to.empty();
    }
    void error_counts(const std::string& from, std::optional<wire::ErrorCounts>& to) {
        auto counts = wire::error_counts_of(bytes_of(from));
        good_ = good_ && counts.has_value();
        if (counts) to = *counts;
    }
    void update(const stored::UpdateId& from, UpdateId& to) {
        id(from.node(), to.node);
        to.sequence.value = from.sequence();
    }
    void fault() { good_ = false; }
    [[nodiscard]] bool good() const { return good_; }

private:
    bool good_ = true;
};

FederationCreated read(const stored::FederationCreated& from, Fields& fields) {
    FederationCreated to;
    to.name = from.name();
    to.model = from.model();
    fields.array(from.identity(), to.identity);
    if (from.values_size() != static_cast<int>(kTiers)) fields.fault();
    for (int tier = 0; fields.good() && tier < from.values_size(); ++tier) {
        to.values[static_cast<std::size_t>(tier)] = from.values(tier);
    }
    to.statistics = from.statistics();
    fields.array(from.root(), to.root.value);
    fields.signed_bytes(from.keys(), to.keys);
    return to;
}

TokenCreated read(const stored::TokenCreated& from, Fields& fields) {
    TokenCreated to;
    fields.id(from.id(), to.id);
    fields.array(from.secret_hash(), to.secret_hash);
    to.expires = time_of(from.expires_ms());
    to.uses = from.uses();
    fields.tier(from.tier(), to.tier);
    to.note = from.note();
    return to;
}

NodeEnrolled read(const stored::NodeEnrolled& from, Fields& fields) {
    NodeEnrolled to;
    fields.id(from.token(), to.token);
    fields.id(from.node(), to.node);
    fields.array(from.identity(), to.identity.value);
    fields.array(from.transport(), to.transport);
    to.name = from.name();
    fields.tier(from.tier(), to.tier);
    fields.signed_bytes(from.certificate(), to.certificate);
    to.certificate_expires = time_of(from.certificate_expires_ms());
    return to;
}

CertificateRenewed read(const stored::CertificateRenewed& from, Fields& fields) {
    CertificateRenewed to;
    fields.id(from.node(), to.node);
    fields.signed_bytes(from.certificate(), to.certificate);
    to.certificate_expires = time_of(from.certificate_expires_ms());
    return to;
}

NodeRevoked read(const stored::NodeRevoked& from, Fields& fields) {
    NodeRevoked to;
    fields.id(from.node(), to.node);
    to.reason = from.reason();
    return to;
}

NodeQuarantined read(const stored::NodeQuarantined& from, Fields& fields) {
    NodeQuarantined to;
    fields.id(from.node(), to.node);
    if (from.by() >= kQuarantineCauses) fields.fault();
    to.by = static_cast<QuarantinedBy>(from.by() % kQuarantineCauses);
    to.reason = from.reason();
    return to;
}

NodeReleased read(const stored::NodeReleased& from, Fields& fields) {
    NodeReleased to;
    fields.id(from.node(), to.node);
    return to;
}

RoundOpened read(const stored::RoundOpened& from, Fields&) {
    RoundOpened to{{}, RoundId{from.round()}, from.goal(), from.quorum(), time_of(from.deadline_ms())};
    if (!from.rule().empty()) to.recipe.rule = from.rule();
    if (!from.optimiser().empty()) to.recipe.optimiser = from.optimiser();
    if (from.tier_quorum() != 0) to.recipe.tier_quorum = from.tier_quorum();
    return to;
}

UpdateAccepted read(const stored::UpdateAccepted& from, Fields& fields) {
    UpdateAccepted to;
    to.round.value = from.round();
    fields.update(from.update(), to.update);
    fields.id(from.lease(), to.lease);
    to.lease_expires = time_of(from.lease_expires_ms());
    to.base.value = from.base();
    to.staleness = from.staleness();
    fields.tier(from.tier(), to.tier);
    to.examples = from.examples();
    to.weight = from.weight();
    to.bytes = from.bytes();
    fields.array(from.content(), to.content);
    to.norm = from.norm();
    if (from.has_along()) to.along = from.along();
    to.doubted = from.doubted();
    to.labelled = from.labelled();
    to.errors = from.errors();
    for (const auto& pair : from.confusions()) {
        to.confusions.push_back(
            {static_cast<std::uint16_t>(pair.truth()), static_cast<std::uint16_t>(pair.predicted()), pair.count()});
    }
    fields.signed_bytes(from.receipt(), to.receipt);
    if (!from.error_counts().empty()) fields.error_counts(from.error_counts(), to.error_counts);
    if (!from.audits().empty()) fields.audits(from.audits(), to.audits);
    if (!from.soft_labels().empty()) fields.soft_labels(from.soft_labels(), to.soft_labels);
    return to;
}

UpdateRefused read(const stored::UpdateRefused& from, Fields& fields) {
    UpdateRefused to;
    to.round.value = from.round();
    fields.update(from.update(), to.update);
    fields.id(from.lease(), to.lease);
    to.base.value = from.base();
    if (from.code() > static_cast<std::uint32_t>(wire::RefusalCode::NotYourTurn)) fields.fault();
    to.code = static_cast<wire::RefusalCode>(from.code());
    to.text = from.text();
    to.bytes = from.bytes();
    fields.array(from.content(), to.content);
    return to;
}

UpdateSetAside read(const stored::UpdateSetAside& from, Fields& fields) {
    UpdateSetAside to;
    to.round.value = from.round();
    fields.update(from.update(), to.update);
    to.reason = from.reason();
    return to;
}

RoundFrozen read(const stored::RoundFrozen& from, Fields& fields) {
    RoundFrozen to;
    to.round.value = from.round();
    to.parent.value = from.parent();
    for (const auto& update : from.set())
        fields.update(update, to.set.emplace_back());
    if (!from.seed().empty()) fields.array(from.seed(), to.seed);
    return to;
}

RoundAbandoned read(const stored::RoundAbandoned& from, Fields&) {
    return {{}, RoundId{from.round()}, from.reason()};
}

VersionPublished read(const stored::VersionPublished& from, Fields& fields) {
    VersionPublished to;
    to.round.value = from.round();
    to.version.value = from.version();
    to.parent.value = from.parent();
    to.updates = from.updates();
    to.weight = from.weight();
    fields.array(from.sum(), to.sum);
    fields.array(from.weights(), to.weights);
    fields.signed_bytes(from.manifest(), to.manifest);
    if (!from.optimiser().empty()) fields.array(from.optimiser(), to.optimiser.emplace());
    if (from.restores() != 0) to.restores = ModelVersion{from.restores()};
    fields.tier(from.restores_from(), to.restores_from);
    to.reason = from.reason();
    return to;
}

VersionPinned read(const stored::VersionPinned& from, Fields&) {
    return {{}, ModelVersion{from.version()}, from.reason()};
}

VersionUnpinned read(const stored::VersionUnpinned& from, Fields&) {
    return {{}, ModelVersion{from.version()}};
}

TrialBegan read(const stored::TrialBegan& from, Fields& fields) {
    TrialBegan to;
    to.version.value = from.version();
    to.against.value = from.against();
    for (const std::string& node : from.canaries())
        fields.id(node, to.canaries.emplace_back());
    to.deadline = time_of(from.deadline_ms());
    to.samples_max = from.samples_max();
    return to;
}

TrialEnded read(const stored::TrialEnded& from, Fields& fields) {
    TrialEnded to;
    to.version.value = from.version();
    if (from.outcome() >= kTrialOutcomes) fields.fault();
    to.outcome = static_cast<TrialOutcome>(from.outcome());
    to.reason = from.reason();
    to.counts = {to.version,     from.samples(), from.better(), from.worse(),
                 from.cheaper(), from.dearer(),  from.refused()};
    return to;
}

VersionDropped read(const stored::VersionDropped& from, Fields&) {
    return {{}, ModelVersion{from.version()}};
}

DriftReported read(const stored::DriftReported& from, Fields& fields) {
    DriftReported to;
    fields.id(from.node(), to.node);
    to.alarm.number = from.number();
    to.alarm.at = time_of(from.raised_at_ms());
    if (from.label_class() > 0) to.alarm.label_class = from.label_class() - 1;
    if (from.detector() >= kDriftDetectors) fields.fault();
    to.alarm.detector = static_cast<DriftDetector>(from.detector());
    to.alarm.before = from.before();
    to.alarm.after = from.after();
    to.alarm.trigger = from.trigger();
    to.alarm.global.value = from.global();
    to.alarm.local = from.local();
    to.missed = from.missed();
    to.early.value = from.early();
    return to;
}

UpdatesErased read(const stored::UpdatesErased& from, Fields& fields) {
    if (from.limit() > static_cast<std::uint32_t>(RetentionLimit::UpdatesKept)) fields.fault();
    return {{}, RoundId{from.round()}, from.updates(), from.bytes(), static_cast<RetentionLimit>(from.limit())};
}

Result<Event> read(const stored::Event& from, Fields& fields) {
    switch (from.kind_case()) {
        case stored::Event::kFederationCreated:
            return read(from.federation_created(), fields);
        case stored::Event::kTokenCreated:
            return read(from.token_created(), fields);
        case stored::Event::kNodeEnrolled:
            return read(from.node_enrolled(), fields);
        case stored::Event::kCertificateRenewed:
            return read(from.certificate_renewed(), fields);
        case stored::Event::kNodeRevoked:
            return read(from.node_revoked(), fields);
        case stored::Event::kNodeQuarantined:
            return read(from.node_quarantined(), fields);
        case stored::Event::kNodeReleased:
            return read(from.node_released(), fields);
        case stored::Event::kRoundOpened:
            return read(from.round_opened(), fields);
        case stored::Event::kUpdateAccepted:
            return read(from.update_accepted(), fields);
        case stored::Event::kUpdateRefused:
            return read(from.update_refused(), fields);
        case stored::Event::kUpdateSetAside:
            return read(from.update_set_aside(), fields);
        case stored::Event::kRoundFrozen:
            return read(from.round_frozen(), fields);
        case stored::Event::kRoundAbandoned:
            return read(from.round_abandoned(), fields);
        case stored::Event::kVersionPublished:
            return read(from.version_published(), fields);
        case stored::Event::kVersionDropped:
            return read(from.version_dropped(), fields);
        case stored::Event::kDriftReported:
            return read(from.drift_reported(), fields);
        case stored::Event::kVersionPinned:
            return read(from.version_pinned(), fields);
        case stored::Event::kVersionUnpinned:
            return read(from.version_unpinned(), fields);
        case stored::Event::kTrialBegan:
            return read(from.trial_began(), fields);
        case stored::Event::kTrialEnded:
            return read(from.trial_ended(), fields);
        case stored::Event::kUpdatesErased:
            return read(from.updates_erased(), fields);
        case stored::Event::KIND_NOT_SET:
            break;
    }
    return fail(ErrorCode::InvalidInput, "an entry of a kind that this program does not know: upgrade it");
}

}  // namespace

Result<Event> decode(ByteView bytes) {
    stored::Event from;
    if (!from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(ErrorCode::InvalidInput, "an entry is damaged");
    }
    Fields fields;
    Event event = SKERRY_TRY(read(from, fields));
    if (!fields.good()) return fail(ErrorCode::InvalidInput, "an entry has a field of a wrong size");
    std::visit([&from](auto& happened) { happened.at = time_of(from.at_ms()); }, event);
    return event;
}

}  // namespace skerry::coordinator::ledger
