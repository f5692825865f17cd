#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "coordinator/actions.hpp"
#include "coordinator/admission/admission_policy.hpp"
#include "coordinator/admission/budgets.hpp"
#include "coordinator/admission/movements.hpp"
#include "coordinator/admission/norms.hpp"
#include "coordinator/admission/opposition.hpp"
#include "coordinator/admission/strikes.hpp"
#include "coordinator/admission/transfers.hpp"
#include "coordinator/keyring.hpp"
#include "coordinator/ledger/ledger_view.hpp"
#include "coordinator/registry/join_limits.hpp"
#include "coordinator/registry/registry.hpp"
#include "coordinator/release/release_policy.hpp"
#include "coordinator/release/trial.hpp"
#include "coordinator/round/cohort.hpp"
#include "coordinator/round/fleet_audits.hpp"
#include "coordinator/round/fleet_drift.hpp"
#include "coordinator/round/fleet_errors.hpp"
#include "coordinator/round/fleet_soft_labels.hpp"
#include "coordinator/round/pool.hpp"
#include "coordinator/round/retention.hpp"
#include "coordinator/round/round.hpp"

namespace skerry::coordinator {

struct LeasePolicy {
    std::chrono::milliseconds life{std::chrono::hours(1)};
    /// Examples of one update that count at most, whatever it claims.
    std::uint32_t examples_max = 4096;
    /// L2 norm of the trained part of Δ that a node clips to.
    float norm_max = 100.0F;
};

struct Policy {
    RoundPolicy rounds;
    LeasePolicy leases;
    TransferPolicy transfers;
    AdmissionPolicy admission;
    BudgetPolicy budgets;
    ReleasePolicy release;
    std::uint32_t steps_per_update = 5;
    wire::DeltaPolicy delta;         ///< how nodes are asked to write updates; any other way is taken too
    std::size_t versions_kept = 20;  ///< weights of older ones are erased, and with them what their rounds counted
    RetentionPolicy retention;       ///< of what the rounds of held versions counted
    std::chrono::milliseconds certificate_life{std::chrono::hours(24 * 90)};
    std::string fleet_endpoint;  ///< where nodes connect after they joined
};

/// How a node was when last heard; volatile.
struct Presence {
    TimePoint last_seen;
    bool present = false;  ///< false after its Goodbye
    ModelVersion installed;
    std::string software;
    std::optional<wire::Report> report;
};

/// What is wrong when a node holds a version that this coordinator has never published, and what to do.
[[nodiscard]] std::string behind_its_nodes(ModelVersion installed, ModelVersion newest);
/// What became of a node whose certificate ran out, and what to do.
[[nodiscard]] std::string has_expired(const Node& node);
/// Of a node in quarantine: since when, by whom and why.
[[nodiscard]] std::string is_quarantined(const Node& node);

/// The coordinator's decisions, all of them: who may join and speak, which update is taken, when a round closes, what
/// is published. A fold over the ledger plus what is volatile by nature (transfers, presence). Owns no socket, file,
/// clock, thread or database.
///
/// The shell's side of the contract:
///   1. apply() every event of the journal in order, erase the blobs that nothing needs, restore_draft() each draft,
///      dropping those that are of no use (blob_orders.hpp), then perform resume(now).
///   2. Feed each thing that happens to handle(), and perform the actions in their order, none before the one ahead of
///   it
///      is done; Append ends with apply() of its events. The next handle() or advance() comes after the last action's
///      apply(). (A shell that commits in groups may apply() before the disk has it, if it then holds back every
///      later action until the disk does, and ends the process when the disk refuses.)
///   3. After each of these, and whenever deadline() is due, perform advance(now) until deadline() is in the future.
/// A crash between any two actions is then harmless: the journal decides what has happened.
///
/// Late, repeated and unexpected events change nothing; Ignored says why. Not thread-safe.
class Federation {
public:
    using RandomId = std::function<ByteArray<16>()>;

    /// `keys` and `past` outlive it.
    Federation(const Keyring& keys, Policy policy, RandomId random_id, const ledger::LedgerView& past);

    void apply(const ledger::Event& event);
    [[nodiscard]] Actions resume(TimePoint now);
    [[nodiscard]] Actions handle(const Event& event, TimePoint now);
    [[nodiscard]] Actions advance(TimePoint now);
    /// When to call advance() at the latest; long ago: at once. Nothing: when something happens.
    [[nodiscard]] std::optional<TimePoint> deadline() const;

    /// Offers a version's weights in these encodings, too; their blobs are there. They follow from the weights, so no
    /// journal has them: those of the newest version are made again at each start, and a node that has begun to fetch
    /// an older one in an encoding is told that it is gone.
    void offer(const std::vector<wire::EncodedWeights>& encodings, ModelVersion version);

    /// Offers it to nodes that hold `base` as these differences, too, where they are from its weights; as encodings
    /// are.
    void offer(const std::vector<wire::EncodedDifference>& differences, ModelVersion version, ModelVersion base);

    /// At a start, after the journal: this draft of an update is there, `draft_bytes` with its header. False: it is of
    /// no use.
    [[nodiscard]] bool restore_draft(const Digest& content, Bytes header_bytes, std::uint64_t draft_bytes);

    /// Where nodes connect, once the sockets are bound.
    void set_fleet_endpoint(std::string endpoint) { policy_.fleet_endpoint = std::move(endpoint); }

    // What people ask about.
    struct Version {
        ModelVersion version;
        RoundId round;
        Digest weights{};
        TimePoint published;
        wire::SignedBytes manifest;
        std::optional<Digest> optimiser;  ///< the blob of what it remembers
    };
    /// While the newest version is pinned: since when, and why.
    struct Pin {
        TimePoint since;
        std::string reason;
    };
    [[nodiscard]] const std::optional<Pin>& pin() const { return pin_; }
    /// While the newest version is on trial.
    [[nodiscard]] const std::optional<Trial>& trial() const { return trial_; }
    /// The newest that this node may have.
    [[nodiscard]] const Version& newest_for(const NodeId& node) const;
    /// The version to roll back to, if that can be done now: the errors of OperatorRollsBack, but
    /// for those of weights that are joined only then.
    [[nodiscard]] Result<const Version*> restorable(ModelVersion version, bool pin, Tier from) const;
    [[nodiscard]] const ledger::FederationCreated& created() const { return created_; }
    [[nodiscard]] const wire::FederationId& id() const { return id_; }
    [[nodiscard]] const ModelShape& model() const { return model_; }
    [[nodiscard]] const crypto::VerifyKey& signing_key() const { return keys_.signing.verify_key(); }
    [[nodiscard]] const Policy& policy() const { return policy_; }
    [[nodiscard]] const Registry& registry() const { return registry_; }
    [[nodiscard]] const Pool& pool() const { return pool_; }
    [[nodiscard]] const Budgets& budgets() const { return budgets_; }
    /// Strikes of this node that count towards a quarantine now.
    [[nodiscard]] std::size_t strikes_of(const NodeId& node, TimePoint now) const {
        return strikes_.of(node, policy_.admission.strike_window, now);
    }
    /// What a node's updates say against it.
    [[nodiscard]] const Opposition& opposition() const { return opposition_; }
    [[nodiscard]] const FleetAudits& fleet_audits() const { return fleet_audits_; }
    [[nodiscard]] const FleetSoftLabels& fleet_soft_labels() const { return fleet_soft_labels_; }
    [[nodiscard]] const FleetErrors& fleet_errors() const { return fleet_errors_; }
    [[nodiscard]] const FleetDrift& fleet_drift() const { return drift_; }
    [[nodiscard]] const Retention& retention() const { return retention_; }
    [[nodiscard]] const Transfers& transfers() const { return transfers_; }
    [[nodiscard]] const std::optional<Round>& open_round() const { return open_; }
    [[nodiscard]] const std::optional<Round>& frozen_round() const { return frozen_; }
    [[nodiscard]] const Version& newest() const { return held_.rbegin()->second; }
    /// Versions whose weights are held, by number; never empty once the journal is applied.
    [[nodiscard]] const std::map<ModelVersion, Version>& versions() const { return held_; }
    [[nodiscard]] const std::map<NodeId, Presence>& presence() const { return presence_; }
    struct Encoding {
        wire::EncodedWeights what;
        wire::SignedBytes record;
    };
    /// What a version is offered in beside float32.
    [[nodiscard]] std::span<const Encoding> encodings(ModelVersion version) const;
    struct Difference {
        wire::EncodedDifference what;
        wire::SignedBytes record;
    };
    [[nodiscard]] std::span<const Difference> differences(ModelVersion version) const;
    /// The blobs of both.
    [[nodiscard]] std::vector<Digest> offered_blobs(ModelVersion version) const;

private:
    // federation.cpp: conversations that write at most a certificate
    Actions on(const NodeSpoke& event, TimePoint now);
    Actions on(const PeerAskedToJoin& event, TimePoint now);
    Actions on(const OperatorCreatesToken& event, TimePoint now);
    Actions hear(const Node& node, const wire::Hello& hello, TimePoint now);
    Actions hear(const Node& node, const wire::LeaseRequest& request, TimePoint now);
    Actions hear(const Node& node, const wire::ModelPull& pull, TimePoint now);
    Actions hear(const Node& node, const wire::Goodbye& goodbye, TimePoint now);
    [[nodiscard]] wire::SignedBytes certify(const wire::Certificate& certificate) const;
    [[nodiscard]] std::vector<const Node*> present_nodes(TimePoint now) const;
    /// Of them, those on whom something may depend: others have vanished without a Goodbye.
    [[nodiscard]] std::vector<const Node*> heard_lately(TimePoint now) const;
    [[nodiscard]] bool invites(const Node& node, TimePoint now);
    [[nodiscard]] std::vector<wire::SignedBytes> encoding_records(ModelVersion version) const;

    // federation_differences.cpp: versions for who holds another
    [[nodiscard]] std::vector<wire::SignedBytes> difference_records(ModelVersion version) const;
    /// Null: not offered.
    [[nodiscard]] const wire::EncodedDifference* difference_for(const wire::ModelPull& pull) const;

    // federation_updates.cpp: an update on its way to its fate
    Actions hear(const Node& node, const wire::UpdateOffer& offer, TimePoint now);
    Actions hear(const Node& node, const wire::UpdateChunk& chunk, TimePoint now);
    Actions on(const UpdateChecked& event, TimePoint now);
    [[nodiscard]] Verdict gate(const Node& node, const Incoming& incoming, TimePoint now) const;
    [[nodiscard]] std::optional<Actions> known_fate(const Node& node, const Incoming& incoming, TimePoint now);
    [[nodiscard]] Verdict turn(const wire::UpdateHeader& header) const;
    [[nodiscard]] Verdict check_age(ModelVersion base, const NodeId& node) const;
    Actions accept(const Node& node, const Incoming& update, const Sound& sound, TimePoint now);
    Actions refuse(const Node& node, const UpdateId& update, const Incoming& incoming, Flaw flaw, TimePoint now);
    void start_waiting(Actions& actions, TimePoint now);
    void drop_transfer(const NodeId& node, Actions& actions);

    // federation_suspicions.cpp: what puts a node into quarantine without the operator's word
    [[nodiscard]] std::optional<ledger::NodeQuarantined> suspicion(const Node& node,
                                                                   const ledger::UpdateAccepted& update) const;
    void judge(ledger::UpdateAccepted& update, const Sketch& sketch) const;
    [[nodiscard]] std::optional<ledger::NodeQuarantined> outlier(const Node& node,
                                                                 const ledger::UpdateAccepted& update) const;
    [[nodiscard]] std::optional<ledger::NodeQuarantined> opponent(const Node& node,
                                                                  const ledger::UpdateAccepted& update) const;
    [[nodiscard]] std::optional<ledger::NodeQuarantined> strike(const Node& node, const Flaw& flaw,
                                                                TimePoint now) const;

    // federation_operator.cpp: what the operator decides of nodes
    Actions on(const OperatorRevokesNode& event, TimePoint now);
    Actions on(const OperatorQuarantinesNode& event, TimePoint now);
    Actions on(const OperatorReleasesNode& event, TimePoint now);
    [[nodiscard]] Result<const Node*> active_node(const NodeId& id) const;

    // federation_release.cpp: what the operator decides of versions, and telling the fleet of one
    Actions on(const OperatorRollsBack& event, TimePoint now);
    Actions on(const OperatorPinsVersion& event, TimePoint now);
    Actions on(const OperatorUnpinsVersion& event, TimePoint now);
    [[nodiscard]] ledger::VersionPublished restored(const Version& old, const std::optional<JoinedWeights>& joined,
                                                    std::string reason, TimePoint now) const;
    [[nodiscard]] wire::Announcement announcement_for(const NodeId& node, TimePoint now) const;
    [[nodiscard]] wire::Announcement announcement(const Version& version, const NodeId& node, TimePoint now) const;
    [[nodiscard]] Actions announcements_of(const ledger::VersionPublished& version,
                                           const std::optional<ledger::TrialBegan>& trial, TimePoint now) const;
    void fold(const ledger::VersionPinned& event);
    void fold(const ledger::VersionUnpinned& event);

    // federation_trials.cpp: a version that only its canaries have
    Actions on(const OperatorPromotesVersion& event, TimePoint now);
    [[nodiscard]] std::optional<ledger::TrialBegan> trial_of(const ledger::VersionPublished& version,
                                                             TimePoint now) const;
    [[nodiscard]] ledger::TrialEnded end_of_trial(const Trial::Verdict& verdict, TimePoint now) const;
    [[nodiscard]] Actions end_trial(const Trial::Verdict& verdict, TimePoint now);
    [[nodiscard]] bool rounds_are_held() const { return pin_ || trial_; }
    void fold(const ledger::TrialBegan& event);
    void fold(const ledger::TrialEnded& event);

    // federation_drift.cpp: alarms of nodes
    Actions hear(const Node& node, const wire::Report& report, TimePoint now);
    [[nodiscard]] wire::DriftNotice drift_notice(TimePoint now) const;
    void fold(const ledger::DriftReported& event);

    // federation_rounds.cpp: from the pool to a version; the fold
    Actions on(const SumReady& event, TimePoint now);
    [[nodiscard]] RoundId round_now() const { return open_ ? open_->id() : last_round_.next(); }
    [[nodiscard]] ledger::RoundOpened opening(TimePoint now) const;
    [[nodiscard]] Digest draw_seed() const;
    [[nodiscard]] SumRound sum_order() const;
    [[nodiscard]] std::vector<Digest> offered_only_of(ModelVersion version) const;
    void fold(const ledger::FederationCreated& event);
    void fold(const ledger::RoundOpened& event);
    void fold(const ledger::UpdateAccepted& event);
    void fold(const ledger::UpdateRefused& event);
    void fold(const ledger::UpdateSetAside& event);
    void fold(const ledger::NodeRevoked& event);
    void fold(const ledger::NodeQuarantined& event);
    void fold(const ledger::NodeReleased& event);
    void fold(const ledger::RoundFrozen& event);
    void fold(const ledger::RoundAbandoned& event);
    void fold(const ledger::VersionPublished& event);
    void fold(const ledger::VersionDropped& event);
    void fold(const ledger::UpdatesErased& event);
    template <class Enrolment>
    void fold(const Enrolment& event) {
        registry_.apply(event);
    }

    const Keyring& keys_;
    Policy policy_;
    RandomId random_id_;
    const ledger::LedgerView& past_;

    ledger::FederationCreated created_;
    wire::FederationId id_;
    ModelShape model_;
    Registry registry_;
    Pool pool_;
    Strikes strikes_;
    Norms norms_;
    Opposition opposition_;
    FleetAudits fleet_audits_;
    FleetSoftLabels fleet_soft_labels_;
    FleetErrors fleet_errors_;
    FleetDrift drift_;
    RoundId last_round_;         ///< highest ever opened
    std::optional<Round> open_;  ///< may be open while its predecessor is being summed
    std::optional<Round> frozen_;
    std::map<ModelVersion, Version> held_;
    std::optional<Pin> pin_;
    std::optional<Trial> trial_;
    /// Of the nodes that the newest round's version counts: what the version before it had counted.
    std::map<NodeId, Sequence> counted_before_;
    Retention retention_;

    SketchKey sketch_key_;
    Movements movements_;
    JoinLimits join_limits_;
    Budgets budgets_;
    Transfers transfers_;
    Cohort cohort_;
    std::map<NodeId, Presence> presence_;
    // Of versions that are held, or will be at once.
    std::map<ModelVersion, std::vector<Encoding>> encodings_;
    std::map<ModelVersion, std::vector<Difference>> differences_;
};

}  // namespace skerry::coordinator
