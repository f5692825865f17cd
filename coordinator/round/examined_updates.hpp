#pragma once

#include <map>
#include <span>

#include "common/crypto/hash.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// What this process has found of updates that it examined and that wait for their sum: that they are what their
/// content names, and their norms. So a sum need not read them once more for either. Every chunk of a sealed update is
/// bound to its header, which names the key that it was sealed with: so an update with the header that was examined
/// opens to what was examined, or not at all, unless its sealer has made it. No state: without it a sum takes longer
/// and gives the same bytes. Memory: some 200 bytes an update; of a full round at most. Not thread-safe.
class ExaminedUpdates {
public:
    struct Found {
        Digest header{};  ///< SHA-256
        aggregation::TierNorms norms{};
    };

    void note(const Digest& content, ByteView header, const aggregation::TierNorms& norms) {
        if (found_.size() >= limits::kRoundUpdatesMax) found_.clear();  // of those that are never counted
        found_[content] = {crypto::sha256(header), norms};
    }
    /// Null: not examined here. Borrowed until the next change.
    [[nodiscard]] const Found* find(const Digest& content) const {
        const auto found = found_.find(content);
        return found == found_.end() ? nullptr : &found->second;
    }
    /// They are summed.
    void forget(std::span<const Contribution> set) {
        for (const Contribution& update : set)
            found_.erase(update.content);
    }

private:
    std::map<Digest, Found> found_;
};

}  // namespace skerry::coordinator
