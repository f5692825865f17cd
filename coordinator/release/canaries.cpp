#include "coordinator/release/canaries.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace skerry::coordinator {

std::vector<NodeId> draw_canaries(const ReleasePolicy& policy, std::vector<NodeId> able,
                                  const std::function<ByteArray<16>()>& random) {
    if (policy.canary_share <= 0) return {};
    const auto share = static_cast<std::uint64_t>(std::ceil(policy.canary_share * static_cast<double>(able.size())));
    const std::uint64_t count = std::max(policy.canaries_min, share);
    if (able.size() <= count) return {};
    // Whoever has drawn the smallest numbers.
    std::map<ByteArray<16>, NodeId> drawn;
    for (const NodeId& node : able)
        drawn.emplace(random(), node);
    able.clear();
    for (const auto& [number, node] : drawn) {
        if (able.size() < count) able.push_back(node);
    }
    std::sort(able.begin(), able.end());
    return able;
}

}  // namespace skerry::coordinator
