#pragma once

#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"

namespace skerry::wire {

/// What audits have shown of the exits that may answer in heavy's place, in whole numbers. Nothing of a sample is in
/// it, and sums of it over nodes are the fleet's. PROTOCOL.md §8.
struct AuditCounts {
    static constexpr std::size_t kExits = kTiers - 1;  ///< light and medium
    static constexpr std::size_t kBins = 64;  ///< of the exit's uncertainty u: width ¼ in logit u, from −12 to 4

    struct Bin {
        std::uint32_t requests = 0;
        std::array<std::uint32_t, kExits> differ{};  ///< that light, that medium answered otherwise than heavy
        bool operator==(const Bin&) const = default;
    };

    std::uint32_t audits = 0;  ///< behind the bins; 0: there are none
    std::vector<Bin> bins{};   ///< shape [kExits, kBins]; empty where there are no audits
    bool operator==(const AuditCounts&) const = default;

    [[nodiscard]] bool empty() const { return audits == 0; }
};

/// Of counts that are not empty: u32 audits, then the bins' numbers as u32 in their order, little-endian.
inline constexpr std::size_t kAuditCountsBytes = 4 + AuditCounts::kExits * AuditCounts::kBins * 3 * 4;
[[nodiscard]] Bytes encoded(const AuditCounts& counts);

/// InvalidInput: not kAuditCountsBytes long, no audits, more of a bin's requests differ than there are, or there are
/// none in an exit's bins.
[[nodiscard]] Result<AuditCounts> audit_counts_of(ByteView bytes);

}  // namespace skerry::wire
