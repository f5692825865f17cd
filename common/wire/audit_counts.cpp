#include "common/wire/audit_counts.hpp"

#include <algorithm>

namespace skerry::wire {

Bytes encoded(const AuditCounts& counts) {
    SKERRY_ASSERT(!counts.empty() && counts.bins.size() == AuditCounts::kExits * AuditCounts::kBins);
    ByteWriter out;
    out.put(counts.audits);
    for (const AuditCounts::Bin& bin : counts.bins) {
        out.put(bin.requests);
        for (const std::uint32_t differ : bin.differ)
            out.put(differ);
    }
    return std::move(out).take();
}

Result<AuditCounts> audit_counts_of(ByteView bytes) {
    if (bytes.size() != kAuditCountsBytes) {
        return fail(ErrorCode::InvalidInput, "audit counts have " + std::to_string(kAuditCountsBytes) +
                                                 " bytes, these have " + std::to_string(bytes.size()));
    }
    ByteReader in(bytes);
    AuditCounts counts;
    counts.audits = in.get<std::uint32_t>();
    counts.bins.resize(AuditCounts::kExits * AuditCounts::kBins);
    for (AuditCounts::Bin& bin : counts.bins) {
        bin.requests = in.get<std::uint32_t>();
        for (std::uint32_t& differ : bin.differ) {
            differ = in.get<std::uint32_t>();
            if (differ > bin.requests) {
                return fail(ErrorCode::InvalidInput, "audit counts in which " + std::to_string(differ) + " of " +
                                                         std::to_string(bin.requests) + " requests differ are none");
            }
        }
    }
    bool counted = counts.audits > 0;
    for (std::size_t exit = 0; exit < AuditCounts::kExits; ++exit) {
        const auto first = counts.bins.begin() + static_cast<std::ptrdiff_t>(exit * AuditCounts::kBins);
        counted = counted && std::any_of(first, first + AuditCounts::kBins,
                                         [](const AuditCounts::Bin& bin) { return bin.requests > 0; });
    }
    if (!counted) return fail(ErrorCode::InvalidInput, "audit counts without an audit or a request are none");
    return counts;
}

}  // namespace skerry::wire
