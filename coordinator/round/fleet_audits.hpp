#pragma once

#include <map>
#include <vector>

#include "coordinator/ledger/events.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// What the audits of the whole fleet have shown: what a new node's router begins with. A fold over the ledger: each
/// version with audits in its updates halves what was known, since the weights have changed, and adds theirs.
/// No update counts for more than kAuditsMax audits, and a node has one in a version: however much it claims to have
/// seen, it is one voice among the others. Memory: 1.5 KiB, and as much for each update that waits. Not thread-safe.
class FleetAudits {
public:
    static constexpr std::uint32_t kAuditsMax = 512;
    /// What an audit has in an exit's bins on average. One for each bin: however few audits claim to be spread over
    /// all of them, rounding leaves some in at least one, and what is announced has requests.
    static constexpr std::uint64_t kUnits = wire::AuditCounts::kBins;

    void apply(const ledger::UpdateAccepted& event);
    void apply(const ledger::UpdateSetAside& event);
    /// A version counts this set.
    void count(const std::vector<Contribution>& set);

    /// Empty: nothing is known.
    [[nodiscard]] const wire::AuditCounts& known() const { return known_; }
    /// What is known once a version counts this set.
    [[nodiscard]] wire::AuditCounts with(const std::vector<Contribution>& set) const;

private:
    std::map<UpdateId, wire::AuditCounts> waiting_;  ///< of updates that no version counts; capped
    wire::AuditCounts known_;
};

}  // namespace skerry::coordinator
