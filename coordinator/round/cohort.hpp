#pragma once

#include <functional>
#include <set>
#include <vector>

#include "common/base/ids.hpp"
#include "common/base/time.hpp"

namespace skerry::coordinator {

/// Who may contribute to the round that gathers, where rounds are synchronous: more nodes than its goal, drawn without
/// bias, of which the first to answer count (Bonawitz et al. 2019, "Towards Federated Learning at Scale", over-
/// selection against stragglers). Drawn anew for each version and each round. Volatile: after a restart others may be
/// drawn, and whoever has a lease keeps it. Not thread-safe.
class Cohort {
public:
    /// Who is wanted.
    struct Call {
        ModelVersion version;  ///< on which
        RoundId round;         ///< for which
        std::size_t size = 0;  ///< how many
        bool operator==(const Call&) const = default;
    };

    /// Whether its members were drawn for it.
    [[nodiscard]] bool answers(const Call& call) const { return call == call_; }
    /// Of the nodes that are there, as many as are called. Cost: O(present log present).
    void draw(const Call& call, TimePoint until, const std::vector<NodeId>& present,
              const std::function<ByteArray<16>()>& random);
    /// When others are to be drawn, if no round has opened: members that stay silent would keep their places.
    [[nodiscard]] TimePoint until() const { return until_; }
    /// True also for a node that was not drawn while there are places left, because fewer were there.
    bool invites(const NodeId& node);

    [[nodiscard]] const std::set<NodeId>& members() const { return members_; }

private:
    Call call_;
    TimePoint until_;
    std::set<NodeId> members_;
};

}  // namespace skerry::coordinator
