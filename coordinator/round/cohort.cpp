#include "coordinator/round/cohort.hpp"

#include <map>

namespace skerry::coordinator {

void Cohort::draw(ModelVersion version, RoundId round, std::size_t size, const std::vector<NodeId>& present,
                  const std::function<ByteArray<16>()>& random) {
    if (version == version_ && round == round_ && size == size_) return;
    version_ = version;
    round_ = round;
    size_ = size;
    members_.clear();
    // Whoever has drawn the smallest numbers.
    std::map<ByteArray<16>, NodeId> drawn;
    for (const NodeId& node : present)
        drawn.emplace(random(), node);
    for (const auto& [number, node] : drawn) {
        if (members_.size() < size) members_.insert(node);
    }
}

bool Cohort::invites(const NodeId& node) {
    if (members_.size() < size_) members_.insert(node);
    return members_.contains(node);
}

}  // namespace skerry::coordinator
