#include "coordinator/round/pool.hpp"

#include <algorithm>

#include "common/base/limits.hpp"

namespace skerry::coordinator {
namespace {

// Refusals of one node that a round's history keeps; more can only be a fault or an attack, and would fill the disk.
constexpr std::uint64_t kRefusalsPerRound = 16;
// A round may last; after this time a node that was silenced so is answered again.
constexpr std::chrono::hours kRefusalWindow{1};

void move_updates(const NodeId& node, std::vector<Contribution>& from, std::vector<Contribution>& to) {
    const auto others = std::stable_partition(
        from.begin(), from.end(), [&node](const Contribution& update) { return update.update.node != node; });
    to.insert(to.end(), others, from.end());
    from.erase(others, from.end());
}

}  // namespace

void Pool::apply(const ledger::UpdateAccepted& event) {
    Standing& standing = standings_[event.update.node];
    standing.decided = std::max(standing.decided, event.update.sequence);
    standing.last = ledger::Fate{event.content, ledger::Fate::Accepted{event.receipt}};
    standing.waits = true;
    spent_[event.lease] = Spent{event.update, event.lease_expires};
    (standing.quarantined ? held_ : waiting_)
        .push_back({event.update, event.content, event.tier, event.weight, event.base});
}

void Pool::apply(const ledger::UpdateRefused& event) {
    Standing& standing = standings_[event.update.node];
    if (event.update.sequence > standing.decided) {
        standing.decided = event.update.sequence;
        standing.last = ledger::Fate{event.content, ledger::Fate::Refused{event.code, event.text}};
    }
    if (standing.refusals_round != event.round || event.at >= standing.refusals_since + kRefusalWindow) {
        standing.refusals = 0;
        standing.refusals_round = event.round;
        standing.refusals_since = event.at;
    }
    ++standing.refusals;
}

void Pool::apply(const ledger::UpdateSetAside& event) {
    for (auto* const updates : {&waiting_, &held_})
        std::erase_if(*updates, [&event](const Contribution& waiting) { return waiting.update == event.update; });
    standings_[event.update.node].waits = false;
}

void Pool::apply(const ledger::NodeQuarantined& event) {
    standings_[event.node].quarantined = true;
    move_updates(event.node, waiting_, held_);
}

void Pool::apply(const ledger::NodeReleased& event) {
    standings_[event.node].quarantined = false;
    move_updates(event.node, held_, waiting_);
}

void Pool::apply(const ledger::RoundFrozen& event) {
    SKERRY_ASSERT(frozen_.empty());
    const auto stays = [&event](const Contribution& waiting) {
        return !std::binary_search(event.set.begin(), event.set.end(), waiting.update);
    };
    const auto taken = std::stable_partition(waiting_.begin(), waiting_.end(), stays);
    frozen_.assign(taken, waiting_.end());
    waiting_.erase(taken, waiting_.end());
    for (const Contribution& frozen : frozen_)
        standings_[frozen.update.node].waits = false;
    SKERRY_ASSERT(frozen_.size() == event.set.size());
    std::sort(frozen_.begin(), frozen_.end(),
              [](const Contribution& a, const Contribution& b) { return a.update < b.update; });
}

void Pool::apply(const ledger::VersionPublished&) {
    for (const Contribution& counted : frozen_) {
        Standing& standing = standings_[counted.update.node];
        standing.counted = std::max(standing.counted, counted.update.sequence);
    }
    frozen_.clear();
}

std::vector<UpdateId> Pool::next_set(std::size_t updates_max) const {
    std::vector<UpdateId> set;
    std::uint64_t weight = 0;
    for (const Contribution& waiting : waiting_) {
        if (set.size() == std::min(updates_max, limits::kRoundUpdatesMax) ||
            weight + waiting.weight > limits::kRoundWeightMax)
            break;
        set.push_back(waiting.update);
        weight += waiting.weight;
    }
    std::sort(set.begin(), set.end());
    return set;
}

const Pool::Standing& Pool::of(const NodeId& node) const {
    static const Standing kNew;
    const auto found = standings_.find(node);
    return found == standings_.end() ? kNew : found->second;
}

const Contribution* Pool::held_of(const NodeId& node) const {
    const auto found = std::find_if(held_.begin(), held_.end(),
                                    [&node](const Contribution& update) { return update.update.node == node; });
    return found == held_.end() ? nullptr : &*found;
}

std::optional<UpdateId> Pool::spent_by(const LeaseId& lease) const {
    const auto found = spent_.find(lease);
    return found == spent_.end() ? std::nullopt : std::optional(found->second.by);
}

void Pool::forget_expired(TimePoint now) {
    std::erase_if(spent_, [now](const auto& spent) { return spent.second.expires <= now; });
}

bool Pool::may_record_refusal(const NodeId& node, RoundId round, TimePoint now) const {
    const Standing& standing = of(node);
    return standing.refusals < kRefusalsPerRound || standing.refusals_round != round ||
           now >= standing.refusals_since + kRefusalWindow;
}

}  // namespace skerry::coordinator
