#include "coordinator/round/cohort.hpp"

#include <map>

namespace skerry::coordinator {

void Cohort::draw(const Call& call, TimePoint until, const std::vector<NodeId>& present,
                  const std::function<ByteArray<16>()>& random) {
    call_ = call;
    until_ = until;
    members_.clear();
    // Whoever has drawn the smallest numbers.
    std::map<ByteArray<16>, NodeId> drawn;
    for (const NodeId& node : present)
        drawn.emplace(random(), node);
    for (const auto& [number, node] : drawn) {
        if (members_.size() < call.size) members_.insert(node);
    }
}

bool Cohort::invites(const NodeId& node) {
    if (members_.size() < call_.size) members_.insert(node);
    return members_.contains(node);
}

}  // namespace skerry::coordinator
