#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/error.hpp"

namespace skerry::feedback {

/// What became of one label. Late, repeated and wrong labels are normal: each is counted, none is an error of ours.
enum class LabelVerdict : std::uint8_t {
    Accepted,       ///< its request waits: make it durable, then acknowledge
    Duplicate,      ///< the same label again: acknowledge, change nothing
    Contradictory,  ///< another label than the one on record, which stays
    Late,           ///< its request waited too long and was let go
    Unknown,        ///< no such request, or older than our memory
};
inline constexpr std::size_t kLabelVerdicts = 5;

/// "accepted", "duplicate", "contradictory", "late", "unknown"
[[nodiscard]] std::string_view name_of(LabelVerdict verdict);

/// What the stores know of one request id.
struct KnownRequest {
    std::optional<std::uint32_t> recorded;  ///< the label on record, durable
    bool waiting = false;                   ///< it is in the pending ring
    bool expired = false;                   ///< it was pushed out of the ring, by age or by room
};

/// Decides about one label. The record wins over the ring: after a crash between the two, the label that was made
/// durable must not be learned a second time.
[[nodiscard]] LabelVerdict judge_label(const KnownRequest& request, std::uint32_t label);

}  // namespace skerry::feedback
