#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/base/limits.hpp"
#include "coordinator/ledger/ledger_view.hpp"

namespace skerry::coordinator {

/// An accepted update as its sum needs it.
struct Contribution {
    UpdateId update;
    Digest content{};  ///< the name of its blob
    Tier tier = Tier::Heavy;
    std::uint64_t weight = 0;
    ModelVersion base = {};

    bool operator==(const Contribution&) const = default;
};

/// Where every node stands: what of it waits to be counted, what was the last it was told, what a version has counted.
/// A fold over the ledger, which is what makes "counted exactly once" a property of the data: an update enters at its
/// UpdateAccepted, leaves the pool with the one RoundFrozen that names it, and is counted by that round's
/// VersionPublished; or it leaves with an UpdateSetAside, and is never counted. While its node is in quarantine it is
/// held: it waits, but for no round. Memory: a few hundred bytes a node. Not
/// thread-safe.
class Pool {
public:
    struct Standing {
        Sequence decided;                  ///< highest sequence with a fate: lower ones are never accepted any more
        std::optional<ledger::Fate> last;  ///< of `decided`
        Sequence counted;                  ///< highest sequence in the newest version
        bool waits = false;                ///< an accepted update of it is in no frozen set yet; it may be held
        bool quarantined = false;
        std::uint64_t refusals = 0;  ///< recorded since refusals_since, in refusals_round
        RoundId refusals_round;
        TimePoint refusals_since;
    };

    void apply(const ledger::UpdateAccepted& event);
    void apply(const ledger::UpdateRefused& event);
    void apply(const ledger::UpdateSetAside& event);
    void apply(const ledger::NodeQuarantined& event);
    void apply(const ledger::NodeReleased& event);
    void apply(const ledger::RoundFrozen& event);
    void apply(const ledger::VersionPublished& event);

    /// Updates accepted and in no frozen set, in order of acceptance, or of their release.
    [[nodiscard]] const std::vector<Contribution>& waiting() const { return waiting_; }
    /// Those of nodes in quarantine: no set takes them.
    [[nodiscard]] const std::vector<Contribution>& held() const { return held_; }
    /// What is held of this node; null: nothing.
    [[nodiscard]] const Contribution* held_of(const NodeId& node) const;
    [[nodiscard]] bool waits(const NodeId& node) const { return of(node).waits; }
    /// As many of the waiting, oldest first, as one sum may take, and at most `updates_max`; sorted.
    [[nodiscard]] std::vector<UpdateId> next_set(std::size_t updates_max = limits::kRoundUpdatesMax) const;
    /// What was frozen and is not yet published, sorted by update.
    [[nodiscard]] const std::vector<Contribution>& frozen() const { return frozen_; }

    [[nodiscard]] const Standing& of(const NodeId& node) const;

    /// The update that has spent this lease. Forgets leases that expired before `now`: they are refused as such.
    [[nodiscard]] std::optional<UpdateId> spent_by(const LeaseId& lease) const;
    void forget_expired(TimePoint now);

    /// Whether one more refusal of this node may be written: 16 in a round, and again 16 after an hour of it.
    [[nodiscard]] bool may_record_refusal(const NodeId& node, RoundId round, TimePoint now) const;

private:
    struct Spent {
        UpdateId by;
        TimePoint expires;
    };

    std::map<NodeId, Standing> standings_;
    std::vector<Contribution> waiting_;
    std::vector<Contribution> held_;
    std::vector<Contribution> frozen_;
    std::unordered_map<LeaseId, Spent> spent_;
};

}  // namespace skerry::coordinator
