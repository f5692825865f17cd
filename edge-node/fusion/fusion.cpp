#include "edge-node/fusion/fusion.hpp"

namespace skerry::node {

std::optional<std::size_t> Fusion::next(const ExpertOpinions& opinions, const std::vector<bool>& would) const {
    if (1 - fused(opinions).margin < good_below_) return std::nullopt;
    std::optional<std::size_t> best;
    for (std::size_t m = 0; m < would.size(); ++m) {
        if (would[m] && (!best || weights()[m] > weights()[*best])) best = m;
    }
    return best;
}

bool Fusion::learn(std::string_view id, std::uint32_t label) {
    const auto said = remembered_->take(number_, id);
    if (said) experts_.learn(*said, label);
    return said.has_value();
}

}  // namespace skerry::node
