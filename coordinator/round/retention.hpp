#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// How long the sealed updates that a version counts are kept. With them its round can be recomputed; without them the
/// version stays what it is. What waits or is being summed is kept in any case.
struct RetentionPolicy {
    /// Of so many of the newest published rounds.
    std::uint64_t rounds_verifiable = 20;
    /// In bytes, all together: the oldest rounds go first.
    std::uint64_t updates_kept = 16ULL << 30U;
};

/// The sealed updates that are kept of published rounds. A fold over the ledger. Memory: of a round, and of an update
/// that waits, about a hundred bytes. Not thread-safe.
class Retention {
public:
    struct Kept {
        std::uint64_t updates = 0;
        std::uint64_t bytes = 0;
    };

    void apply(const ledger::UpdateAccepted& event);
    void apply(const ledger::UpdateSetAside& event);
    void apply(const ledger::RoundFrozen& event);
    void apply(const ledger::VersionPublished& event);
    void apply(const ledger::VersionDropped& event);
    void apply(const ledger::UpdatesErased& event);

    /// What must go next, at `at`; nothing: the policy is kept.
    [[nodiscard]] std::optional<ledger::UpdatesErased> due(const RetentionPolicy& policy, TimePoint at) const;

    /// Of each published round, by its number.
    [[nodiscard]] const std::map<RoundId, Kept>& kept() const { return kept_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    void forget(RoundId round);

    std::map<UpdateId, std::uint64_t> waiting_;  ///< their bytes
    Kept frozen_;
    std::map<RoundId, Kept> kept_;
    std::map<ModelVersion, RoundId> rounds_;  ///< of the versions that are held
    std::uint64_t bytes_ = 0;                 ///< of kept_
};

}  // namespace skerry::coordinator
