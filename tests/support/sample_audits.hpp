#pragma once

#include "common/wire/audit_counts.hpp"

namespace skerry {

/// As many audits as a node would count them, all at one uncertainty: light answered `differ` of them otherwise than
/// heavy, medium none.
inline wire::AuditCounts sample_audits(std::uint32_t audits, std::uint32_t differ) {
    constexpr std::uint32_t kUnits = 256;
    constexpr std::size_t kBin = 30;
    wire::AuditCounts counts{audits,
                             std::vector<wire::AuditCounts::Bin>(wire::AuditCounts::kExits * wire::AuditCounts::kBins)};
    for (std::size_t exit = 0; exit < wire::AuditCounts::kExits; ++exit)
        counts.bins[exit * wire::AuditCounts::kBins + kBin] = {audits * kUnits, {differ * kUnits, 0}};
    return counts;
}

}  // namespace skerry
