#pragma once

#include <map>
#include <span>

#include "aggregation/rules/tier_norms.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// What this process has found of updates that it examined and that wait for their sum: that they are what their
/// content names, and their norms. So a sum need not read them once more for either. No state: without it a sum takes
/// longer and gives the same bytes. Memory: some 150 bytes an update; of a full round at most. Not thread-safe.
class ExaminedUpdates {
public:
    void note(const Digest& content, const aggregation::TierNorms& norms) {
        if (norms_.size() >= limits::kRoundUpdatesMax) norms_.clear();  // of those that are never counted
        norms_[content] = norms;
    }
    /// Null: not examined here. Borrowed until the next change.
    [[nodiscard]] const aggregation::TierNorms* find(const Digest& content) const {
        const auto found = norms_.find(content);
        return found == norms_.end() ? nullptr : &found->second;
    }
    /// They are summed.
    void forget(std::span<const Contribution> set) {
        for (const Contribution& update : set)
            norms_.erase(update.content);
    }

private:
    std::map<Digest, aggregation::TierNorms> norms_;
};

}  // namespace skerry::coordinator
