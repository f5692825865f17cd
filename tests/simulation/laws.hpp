#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "tests/simulation/evidence.hpp"
#include "tests/simulation/world.hpp"

namespace skerry::simulation {

/// What must be true of a federation after every single step, whatever happens to its messages and processes. Each
/// law is one function here; check() looks only at what is new since the last time. More are seen by others:
/// messages_read_back (network.cpp), cores_come_to_rest (both shells), what_a_sum_needs_is_there
/// (simulated_coordinator.cpp), those of simulated_journal.hpp and simulated_spool.hpp, and everybody_catches_up, once
/// the storm is over (federation_simulation.cpp).
class Laws {
public:
    Laws(World& world, const Evidence& evidence) : world_(world), evidence_(evidence) {}

    /// After each step of the timeline.
    void check();
    /// The storm is over; from now on waiting is no excuse.
    void healed() { healed_at_ = world_.time.now(); }
    /// Nothing is left to do: what may go on for a while has come to its end.
    void settled();

private:
    using Event = coordinator::ledger::Event;
    struct Fate {
        coordinator::ledger::UpdateAccepted accepted;
        std::optional<RoundId> frozen_in;
        std::optional<ModelVersion> counted_in;
        bool set_aside = false;
        bool held = false;
        bool erased = false;
    };
    struct Version {
        coordinator::ledger::VersionPublished published;
        std::vector<float> weights;
        bool dropped = false;
        Bytes optimiser;  ///< what it remembers
    };

    /// No receipt that a node ever saw is missing from the journal, under the very content that it names; and the
    /// journal only ever grows.
    void no_receipt_without_its_update();
    /// The bytes of every accepted update are stored, until a version counts it and its erasure is decided.
    void no_accepted_update_without_its_bytes();
    void no_accepted_update_without_its_bytes(const coordinator::ledger::UpdatesErased& event);
    /// In the end, the bytes of every update whose erasure was decided are gone, whoever died in between, and no more
    /// rounds and bytes are kept than the policy says.
    void what_is_erased_is_gone();
    void no_more_is_kept_than_asked_for();
    /// The weights of every published version are stored, until it is dropped.
    void no_version_without_its_weights();
    /// An update is accepted once or refused, never both, under one lease; what was accepted is what its node sealed,
    /// with the weight that the protocol gives it; only a refused update leaves a spool without being counted, or one
    /// that was set aside before a later one counted. Nothing
    /// of a revoked node is accepted.
    void one_fate_for_each_update(const coordinator::ledger::UpdateAccepted& event);
    void one_fate_for_each_update(const coordinator::ledger::UpdateRefused& event);
    void one_fate_for_each_update(const Evidence::Retreat& retreat);
    void one_fate_for_each_update(const coordinator::ledger::UpdateSetAside& event);
    /// No update is in two frozen sets, and each version counts exactly one of them; none that was set aside, and none
    /// of a node that was revoked before.
    void counted_at_most_once(const coordinator::ledger::RoundFrozen& event);
    void counted_at_most_once(const coordinator::ledger::VersionPublished& event);
    /// What is accepted of a node in quarantine, or waits when it goes there, is in no frozen set before the node is
    /// released: by what the journal says, and by what the operator was told.
    void held_updates_count_nowhere(const coordinator::ledger::UpdateAccepted& event);
    void held_updates_count_nowhere(const coordinator::ledger::NodeQuarantined& event);
    void held_updates_count_nowhere(const coordinator::ledger::NodeReleased& event);
    void held_updates_count_nowhere(const coordinator::ledger::RoundFrozen& event);
    /// Nobody is in quarantine whom the operator did not suspect, and nobody by itself that was always fit; nor has
    /// such a node any strike, whatever the network, the clocks, crashes and policies do to it.
    void quarantine_has_a_cause(const coordinator::ledger::NodeQuarantined& event);
    void quarantine_has_a_cause(const coordinator::ledger::UpdateRefused& event);
    [[nodiscard]] bool was_unfit(const NodeId& node) const;
    /// No round freezes while a version is pinned: by what the journal says, and by what the operator was told.
    void a_pin_holds();
    /// What the coordinator knows of the fleet's errors is the sum of what the nodes made in the updates that versions
    /// count, each once, whatever restarts it has seen.
    void errors_are_counted_once();
    /// Each alarm that a node raised is on record at most once, as it was raised; what is left out is counted, and only
    /// what had fallen out of the newest that a report takes along; none is of a node that was revoked before. It makes
    /// early the round that gathers, if any, which counts no less than its quorum.
    void alarms_are_recorded_once(const coordinator::ledger::DriftReported& event);
    void no_round_below_its_quorum(const coordinator::ledger::RoundFrozen& event);
    /// Each version is, byte for byte, its parent plus the weighted mean of what its nodes sealed (reference.hpp), and
    /// its signed manifest says so.
    void versions_are_the_exact_mean(const coordinator::ledger::VersionPublished& event);
    /// While a version is on trial no node but its canaries installs it, and no round freezes; in fair weather each
    /// trial ends by its deadline.
    void candidates_go_to_canaries_alone(const Evidence::Install& install);
    [[nodiscard]] bool is_canary(const NodeId& node) const;
    void trials_end(const coordinator::ledger::TrialEnded& event);
    /// A node's version only ever grows, and its bytes are those that were published under that number.
    void nodes_install_published_versions_upwards(const Evidence::Install& install);
    /// On each node: all that it ever learned, but for what refusals made it drop, is in the versions it has installed,
    /// in its spool, or in its progress, once.
    void nothing_learned_is_lost(std::size_t node);
    /// Pool and transfers hold at most one update of each node, a spool no more than staleness lets pile up.
    void queues_are_bounded();
    void queues_are_bounded(std::size_t node);
    /// Rounds are numbered without gaps and end once; in fair weather none outlives its deadline.
    void rounds_end();

    void fold(const Event& event);

    World& world_;
    const Evidence& evidence_;
    std::optional<TimePoint> healed_at_;

    // What the journal says so far.
    std::size_t events_seen_ = 0;
    std::map<UpdateId, Fate> accepted_;
    std::map<UpdateId, Digest> refused_;
    std::set<NodeId> revoked_;
    std::set<NodeId> quarantined_;
    std::set<NodeId> doubted_;  ///< ever
    bool pinned_ = false;
    struct OnTrial {
        coordinator::ledger::TrialBegan event;
        TimePoint due;  ///< by a clock that is right
    };
    std::optional<OnTrial> on_trial_;
    bool told_pinned_ = false;           ///< the operator
    std::set<NodeId> told_quarantined_;  ///< the operator
    std::set<LeaseId> spent_;
    std::set<UpdateId> pending_;  ///< accepted, and bytes still needed
    std::map<ModelVersion, Version> versions_;
    coordinator::ledger::ErrorTally errors_;  ///< of all that versions count
    struct Frozen {
        coordinator::ledger::RoundFrozen event;
        TimePoint seen;  ///< by a clock that is right
    };
    struct Open {
        coordinator::ledger::RoundOpened event;
        TimePoint due;  ///< by a clock that is right
    };
    std::map<RoundId, Frozen> frozen_;
    std::map<RoundId, coordinator::ledger::Recipe> recipes_;
    std::optional<Open> open_;
    RoundId last_round_;
    std::map<NodeId, std::uint64_t> alarms_;  ///< highest number on record

    // How far the rest was looked at.
    std::size_t receipts_seen_ = 0, retreats_seen_ = 0, installs_seen_ = 0, told_seen_ = 0, pins_seen_ = 0,
                changes_seen_ = 0;
};

}  // namespace skerry::simulation
