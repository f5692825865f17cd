#pragma once

#include <map>
#include <vector>

#include "coordinator/ledger/error_tally.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// The wrong answers of the whole fleet: a fold over the ledger, to which each update that a version counts adds what
/// it reports, once. One that is set aside adds nothing. Memory: 100 bytes for each update that waits. Not thread-safe.
class FleetErrors {
public:
    void apply(const ledger::UpdateAccepted& event) { waiting_[event.update] = ledger::ErrorTally::of(event); }
    void apply(const ledger::UpdateSetAside& event) { waiting_.erase(event.update); }
    /// A version counts this set.
    void count(const std::vector<Contribution>& set);

    [[nodiscard]] const ledger::ErrorTally& known() const { return known_; }
    /// Updates that no version counts yet: those of the pool, and what it has frozen.
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    std::map<UpdateId, ledger::ErrorTally> waiting_;  ///< of updates that no version counts
    ledger::ErrorTally known_;
};

}  // namespace skerry::coordinator
