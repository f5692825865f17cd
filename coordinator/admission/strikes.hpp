#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string_view>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// Whether a node that is honest and healthy never earns this refusal, whatever the network, its clock, its age and the
/// operator's policy do. Not Malformed: a program of another release may write what we cannot read. Not Unleased,
/// Stale, Oversized and NotYourTurn: time, and a policy that has changed, are enough for these.
[[nodiscard]] bool is_strike(wire::RefusalCode code);

/// What the operator of a node with such refusals looks at.
[[nodiscard]] std::string_view what_to_look_at(wire::RefusalCode code);

/// How many strikes each node has, and when. A fold over the ledger; a release from quarantine forgets them, since the
/// operator has looked. Memory: 16 times for each node that has any. Not thread-safe.
class Strikes {
public:
    static constexpr std::size_t kMost = 16;  ///< that are remembered of a node

    void apply(const ledger::UpdateRefused& event);
    void apply(const ledger::NodeReleased& event);

    /// Within `window` before now.
    [[nodiscard]] std::size_t of(const NodeId& node, std::chrono::milliseconds window, TimePoint now) const;

private:
    std::map<NodeId, std::deque<TimePoint>> times_;
};

}  // namespace skerry::coordinator
