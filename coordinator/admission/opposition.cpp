#include "coordinator/admission/opposition.hpp"

#include <algorithm>
#include <set>
#include <span>

#include "coordinator/admission/robust.hpp"

namespace skerry::coordinator {

Opposition::Standing Opposition::of(const NodeId& node) const {
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? Standing{} : found->second.standing;
}

double Opposition::share_of(std::size_t updates) const {
    std::set<NodeId> nodes;
    for (const auto& newest : newest_) {
        for (const Sign& sign : newest)
            nodes.insert(sign.node);
    }
    const double of_a_cycle = static_cast<double>(updates) / static_cast<double>(std::max(nodes.size(), updates));
    return of_a_cycle / 4;
}

// Minus the cosine may be so much without saying anything. Of a tier that few nodes have, all tiers are looked at.
// Nothing: nobody can be judged.
std::optional<double> Opposition::passes(Tier tier) const {
    const auto of = [](std::span<const std::deque<Sign>> windows) -> std::optional<double> {
        std::set<NodeId> nodes;
        std::deque<double> back;
        for (const std::deque<Sign>& window : windows) {
            for (const Sign& sign : window) {
                nodes.insert(sign.node);
                back.push_back(-sign.along);
            }
        }
        if (nodes.size() < kNodesMin) return std::nullopt;
        const Spread usual = spread_of(std::move(back));
        return std::max(kPasses, usual.median + usual.deviation);
    };
    const auto of_tier = of(std::span(newest_).subspan(static_cast<std::size_t>(tier), 1));
    return of_tier ? of_tier : of(newest_);
}

Opposition::Standing Opposition::with(const ledger::UpdateAccepted& update) const {
    Standing standing = of(update.update.node);
    const auto pass = update.along && limit_ > 0 ? passes(update.tier) : std::nullopt;
    if (!pass) return standing;
    const double back = -*update.along;
    if (back > *pass) {
        standing.against = std::min(standing.against + std::min(back - *pass, kStepMax), 1.5 * limit_);
        standing.strongest = std::max(standing.strongest, update.norm);
        ++standing.updates;
    } else if (standing.against > 0) {
        // Of who is doubted, and moves nothing, noise around nothing says nothing; and what is small clears little.
        const double clears = std::clamp(standing.doubted ? -back - *pass : *pass - back, 0.0, kStepMax);
        standing.against -= standing.strongest > 0 ? clears * std::min(1.0, update.norm / standing.strongest) : clears;
    }
    if (standing.against <= 0) return Standing{0, 0, 0, standing.doubts, false};
    if (!standing.doubted && standing.against > limit_) {
        standing.doubted = true;
        ++standing.doubts;
    }
    return standing;
}

bool Opposition::relapses(const ledger::UpdateAccepted& update) const {
    const Standing after = with(update);
    return after.doubts > 1 && after.doubts > of(update.update.node).doubts;
}

void Opposition::apply(const ledger::UpdateAccepted& event) {
    if (!event.along) return;
    OfNode& node = nodes_[event.update.node];
    const Standing before = node.standing;
    node.standing = with(event);
    // What was, and not what another limit would make of it.
    node.standing.doubted = event.doubted;
    node.standing.doubts = before.doubts + (event.doubted && !before.doubted ? 1 : 0);
    if (node.quarantined) return;
    std::deque<Sign>& newest = newest_.at(static_cast<std::size_t>(event.tier));
    newest.push_back({event.update.node, *event.along});
    if (newest.size() > kWindow) newest.pop_front();
}

void Opposition::apply(const ledger::NodeQuarantined& event) {
    nodes_[event.node].quarantined = true;
}

void Opposition::apply(const ledger::NodeReleased& event) {
    nodes_.erase(event.node);
}

}  // namespace skerry::coordinator
