#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/drift_alarm.hpp"
#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/crypto/sign.hpp"
#include "common/wire/messages.hpp"
#include "common/wire/sealed_update.hpp"
#include "common/wire/trial_counts.hpp"

/// What has happened to a federation, in the order in which it happened: the coordinator's state is a fold over these.
/// What is not in the journal has not happened. ledger.proto is the stored form; fields are only ever added.
namespace skerry::coordinator::ledger {

/// First event of every journal; written by `init`, followed by VersionPublished of version 1.
struct FederationCreated {
    TimePoint at;
    std::string name;
    std::string model;                           ///< canonical text of the declared model
    Digest identity{};                           ///< of that model
    std::array<std::uint64_t, kTiers> values{};  ///< float32 values of each tier's prefix
    std::uint64_t statistics = 0;                ///< values before the first trained weight
    crypto::VerifyKey root;
    wire::SignedBytes keys;  ///< wire::KeySet, by the root

    bool operator==(const FederationCreated&) const = default;
};

struct TokenCreated {
    TimePoint at;
    TokenId id;
    Digest secret_hash{};
    TimePoint expires;
    std::uint32_t uses = 1;
    Tier tier = Tier::Heavy;  ///< the most that its nodes may hold
    std::string note;

    bool operator==(const TokenCreated&) const = default;
};

/// Also takes one use from the token.
struct NodeEnrolled {
    TimePoint at;
    TokenId token;
    NodeId node;
    crypto::VerifyKey identity;
    ByteArray<32> transport{};
    std::string name;
    Tier tier = Tier::Heavy;
    wire::SignedBytes certificate;
    TimePoint certificate_expires;

    bool operator==(const NodeEnrolled&) const = default;
};

struct CertificateRenewed {
    TimePoint at;
    NodeId node;
    wire::SignedBytes certificate;
    TimePoint certificate_expires;

    bool operator==(const CertificateRenewed&) const = default;
};

struct NodeRevoked {
    TimePoint at;
    NodeId node;
    std::string reason;

    bool operator==(const NodeRevoked&) const = default;
};

enum class QuarantinedBy : std::uint8_t {
    Operator,
    Strikes,     ///< refusals that no healthy node earns
    Outlier,     ///< an update far larger than those of the fleet
    Opposition,  ///< updates that pull the model back, again
};
inline constexpr std::size_t kQuarantineCauses = 4;
/// "operator"
[[nodiscard]] std::string_view name_of(QuarantinedBy by);

/// From here on what the node sends is accepted but held: it counts nowhere until NodeReleased. So is what waits of it.
struct NodeQuarantined {
    TimePoint at;
    NodeId node;
    QuarantinedBy by = QuarantinedBy::Operator;
    std::string reason;

    bool operator==(const NodeQuarantined&) const = default;
};

/// Ends a quarantine: what is held of the node waits from here like any other. What shall not is set aside before, in
/// the same append.
struct NodeReleased {
    TimePoint at;
    NodeId node;

    bool operator==(const NodeReleased&) const = default;
};

/// How the set of a round becomes a step of the model.
struct Recipe {
    std::string rule = "mean";       ///< aggregation::parse_rule
    std::string optimiser = "none";  ///< aggregation::parse_optimiser
    /// What medium and heavy add takes a step only where so many updates cover it.
    std::uint64_t tier_quorum = 1;

    bool operator==(const Recipe&) const = default;
};

/// The policy is recorded, so that a restart with another configuration does not change a round that is open.
struct RoundOpened {
    TimePoint at;
    RoundId round;
    std::uint64_t goal = 0;
    std::uint64_t quorum = 0;
    TimePoint deadline;
    Recipe recipe{};

    bool operator==(const RoundOpened&) const = default;
};

/// Spends the lease and the sequence. From here the update has exactly one fate.
struct UpdateAccepted {
    TimePoint at;
    RoundId round;  ///< that was open, or would have been next; a later one may count it
    UpdateId update;
    LeaseId lease;
    TimePoint lease_expires;
    ModelVersion base;
    std::uint64_t staleness = 0;
    Tier tier = Tier::Heavy;
    std::uint32_t examples = 0;  ///< claimed
    std::uint64_t weight = 0;    ///< granted
    std::uint64_t bytes = 0;     ///< sealed
    Digest content{};            ///< also the name of its blob
    double norm = 0;             ///< of the trained part of Δ
    /// Cosine between Δ and how the model had moved when it came to the base (admission/movements.hpp); or not known.
    std::optional<double> along{};
    bool doubted = false;  ///< counts as one example's, because its node pulls back (admission/opposition.hpp)
    std::uint64_t labelled = 0;
    std::uint64_t errors = 0;
    std::vector<wire::ClassPairCount> confusions;
    std::optional<wire::ErrorCounts> error_counts;  ///< nothing: its node did not say
    wire::AuditCounts audits;                       ///< of the node, for the fleet's routers; may be empty
    wire::SoftLabels soft_labels;                   ///< of the node, for those without heavy; may be empty
    wire::SignedBytes receipt;

    bool operator==(const UpdateAccepted&) const = default;
};

/// Spends the sequence: the node puts the progress back or drops it, so these bytes must never count later.
struct UpdateRefused {
    TimePoint at;
    RoundId round;
    UpdateId update;
    LeaseId lease;
    ModelVersion base;
    wire::RefusalCode code = wire::RefusalCode::Malformed;
    std::string text;
    std::uint64_t bytes = 0;
    Digest content{};

    bool operator==(const UpdateRefused&) const = default;
};

/// An accepted update that will never count: it leaves the pool, where it waits or is held, before any round freezes
/// it. Its receipt stays true, its lease and sequence stay spent.
struct UpdateSetAside {
    TimePoint at;
    RoundId round;  ///< the round that was open, or would have been next
    UpdateId update;
    std::string reason;

    bool operator==(const UpdateSetAside&) const = default;
};

/// From here the next version is a function of `set`, `parent`, `seed` and the round's recipe.
struct RoundFrozen {
    TimePoint at;
    RoundId round;
    ModelVersion parent;
    std::vector<UpdateId> set;  ///< sorted
    Digest seed{};              ///< of what the rule draws, which nobody could know before; zeros: it draws nothing

    bool operator==(const RoundFrozen&) const = default;
};

/// Its updates stay in the pool, for the next round.
struct RoundAbandoned {
    TimePoint at;
    RoundId round;
    std::string reason;

    bool operator==(const RoundAbandoned&) const = default;
};

/// Marks the frozen set of `round` as counted, once and for ever.
struct VersionPublished {
    TimePoint at;
    RoundId round;  ///< 0 for the initial weights, and for those of an older version again
    ModelVersion version;
    ModelVersion parent;
    std::uint32_t updates = 0;
    std::uint64_t weight = 0;  ///< Σ of the updates' weights
    Digest sum{};
    Digest weights{};  ///< of the heavy vector: the name of its blob
    wire::SignedBytes manifest;
    std::optional<Digest> optimiser;       ///< what the optimiser remembers: the name of its blob; nothing: it does not
    std::optional<ModelVersion> restores;  ///< a rollback, or a withdrawal: weights and memory are that version's
    std::string reason;                    ///< of that
    Tier restores_from = Tier::Light;      ///< it is so from this tier on; below it weights and memory are the parent's

    bool operator==(const VersionPublished&) const = default;
};

/// Until VersionUnpinned this one, the newest, stays it: rounds gather, and none freezes.
struct VersionPinned {
    TimePoint at;
    ModelVersion version;
    std::string reason;

    bool operator==(const VersionPinned&) const = default;
};

struct VersionUnpinned {
    TimePoint at;
    ModelVersion version;

    bool operator==(const VersionUnpinned&) const = default;
};

/// The version just published goes to its canaries alone, and no round freezes, until TrialEnded.
struct TrialBegan {
    TimePoint at;
    ModelVersion version;
    ModelVersion against;           ///< its parent, which all other nodes keep
    std::vector<NodeId> canaries;   ///< sorted
    TimePoint deadline;             ///< a version that is not shown to be worse by then goes to all
    std::uint64_t samples_max = 0;  ///< or when it was compared on so many

    bool operator==(const TrialBegan&) const = default;
};

enum class TrialOutcome : std::uint8_t {
    Published,  ///< all nodes get the version
    Withdrawn,  ///< what it replaced is published again, under the next number, by the event after this
};
inline constexpr std::size_t kTrialOutcomes = 2;
/// "published", "withdrawn"
[[nodiscard]] std::string_view name_of(TrialOutcome outcome);

struct TrialEnded {
    TimePoint at;
    ModelVersion version;
    TrialOutcome outcome = TrialOutcome::Published;
    std::string reason;
    wire::TrialCounts counts;  ///< of all canaries

    bool operator==(const TrialEnded&) const = default;
};

/// The weights of an old version, and the updates counted in it if they are still kept, are erased after this.
struct VersionDropped {
    TimePoint at;
    ModelVersion version;

    bool operator==(const VersionDropped&) const = default;
};

/// Why the updates that a version counts are no longer kept; named as the configuration names it.
enum class RetentionLimit : std::uint8_t { RoundsVerifiable, UpdatesKept };
/// "limits.rounds_verifiable", "limits.updates_kept"
[[nodiscard]] std::string_view name_of(RetentionLimit limit);

/// The sealed updates of a published round are erased after this: it can no longer be recomputed.
struct UpdatesErased {
    TimePoint at;
    RoundId round;
    std::uint64_t updates = 0;
    std::uint64_t bytes = 0;  ///< of them, together
    RetentionLimit limit = RetentionLimit::RoundsVerifiable;

    bool operator==(const UpdatesErased&) const = default;
};

/// A node's word that its errors have risen: each of its alarms once, however often it is reported.
struct DriftReported {
    TimePoint at;  ///< when it came; alarm.at is the node's own idea of when it was raised
    NodeId node;
    DriftAlarm alarm;
    std::uint64_t missed = 0;  ///< alarms of the node, between the one on record before and this, that are not
    RoundId early;             ///< which this makes an early one: it freezes with its quorum. 0: none

    bool operator==(const DriftReported&) const = default;
};

using Event = std::variant<FederationCreated, TokenCreated, NodeEnrolled, CertificateRenewed, NodeRevoked,
                           NodeQuarantined, NodeReleased, RoundOpened, UpdateAccepted, UpdateRefused, UpdateSetAside,
                           RoundFrozen, RoundAbandoned, VersionPublished, VersionDropped, DriftReported, UpdatesErased,
                           VersionPinned, VersionUnpinned, TrialBegan, TrialEnded>;
using Events = std::vector<Event>;

/// "update_accepted"; stable, as logs and the audit show it.
[[nodiscard]] std::string_view name_of(const Event& event);
[[nodiscard]] TimePoint time_of(const Event& event);
/// Of every kind of event, in their order.
[[nodiscard]] std::vector<std::string_view> names_of_events();

}  // namespace skerry::coordinator::ledger
