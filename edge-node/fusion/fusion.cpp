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

void Fusion::remember(std::string id, ExpertOpinions opinions) {
    order_.emplace_back(id, ++numbered_);
    said_.insert_or_assign(std::move(id), Said{std::move(opinions), numbered_});
    if (order_.size() <= kRememberedMax) return;
    // An application may use an id again: then this one is of the newer.
    const auto oldest = said_.find(order_.front().first);
    if (oldest != said_.end() && oldest->second.number == order_.front().second) said_.erase(oldest);
    order_.pop_front();
}

bool Fusion::learn(std::string_view id, std::uint32_t label) {
    const auto found = said_.find(std::string(id));
    if (found == said_.end()) return false;
    experts_.learn(found->second.opinions, label);
    said_.erase(found);
    return true;
}

}  // namespace skerry::node
