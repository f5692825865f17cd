#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "coordinator/ledger/events.hpp"
#include "coordinator/round/round.hpp"

namespace skerry::coordinator {

/// Which alarms of the nodes are on record, and which rounds they make early ones. A fold over the ledger: what is
/// reported again changes nothing, and a restart answers as before. Memory: a few numbers a node.
class FleetDrift {
public:
    /// Of one node. What is beyond waits with the node, which goes on reporting its newest.
    static constexpr std::uint64_t kAlarmsPerHour = 12;

    struct Standing {
        std::uint64_t known = 0;     ///< highest number on record
        std::uint64_t recorded = 0;  ///< since then
        TimePoint since;

        [[nodiscard]] bool may_record(TimePoint now) const;
        void apply(const ledger::DriftReported& event);
    };

    void apply(const ledger::DriftReported& event);

    [[nodiscard]] const Standing& of(const NodeId& node) const;

    /// The newest alarm that made a round an early one.
    struct Early {
        RoundId round;
        NodeId node;
        TimePoint at;
    };
    [[nodiscard]] const std::optional<Early>& early() const { return early_; }
    [[nodiscard]] bool is_early(RoundId round) const { return early_ && early_->round == round; }
    /// An alarm of this moment makes a round an early one: however many nodes cry, once in `early_interval`.
    [[nodiscard]] bool grants_early(const RoundPolicy& policy, TimePoint now) const;
    /// How long from now the fleet counts as in drift: for `early_interval` after the newest early() alarm.
    [[nodiscard]] std::chrono::milliseconds lasts(const RoundPolicy& policy, TimePoint now) const;

private:
    std::map<NodeId, Standing> standings_;
    std::optional<Early> early_;
};

}  // namespace skerry::coordinator
