#pragma once

#include <functional>
#include <set>
#include <vector>

#include "common/base/ids.hpp"

namespace skerry::coordinator {

/// Who may contribute to the round that gathers, where rounds are synchronous: more nodes than its goal, drawn without
/// bias, of which the first to answer count (Bonawitz et al. 2019, "Towards Federated Learning at Scale", over-
/// selection against stragglers). Drawn anew for each version and each round. Volatile: after a restart others may be
/// drawn, and whoever has a lease keeps it. Not thread-safe.
class Cohort {
public:
    /// Of the nodes that are there, `size` for this round on this version, if they are not drawn yet.
    void draw(ModelVersion version, RoundId round, std::size_t size, const std::vector<NodeId>& present,
              const std::function<ByteArray<16>()>& random);
    /// True also for a node that was not drawn while there are places left, because fewer were there.
    bool invites(const NodeId& node);

    [[nodiscard]] const std::set<NodeId>& members() const { return members_; }

private:
    ModelVersion version_;
    RoundId round_;
    std::size_t size_ = 0;
    std::set<NodeId> members_;
};

}  // namespace skerry::coordinator
