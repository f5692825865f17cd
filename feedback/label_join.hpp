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
    Reused,         ///< as Accepted; the id was used for an earlier sample too, and the label is the newest one's
};
inline constexpr std::size_t kLabelVerdicts = 6;

/// "accepted", "duplicate", "contradictory", "late", "unknown", "reused"
[[nodiscard]] std::string_view name_of(LabelVerdict verdict);

/// The label is to be made durable, and its request then waits no more.
[[nodiscard]] constexpr bool is_accepted(LabelVerdict verdict) {
    return verdict == LabelVerdict::Accepted || verdict == LabelVerdict::Reused;
}

/// The newest label on record under a request id.
struct RecordedLabel {
    std::uint32_t label = 0;
    std::uint64_t order = 0;  ///< of the prediction that it belongs to

    bool operator==(const RecordedLabel&) const = default;
};

/// What the stores know of one request id. An application may use an id again, for instance because it counts from 1
/// after each start: what tells its samples apart is the order of their predictions.
struct KnownRequest {
    std::optional<RecordedLabel> recorded = {};  ///< durable
    std::optional<std::uint64_t> waiting = {};   ///< the order of the prediction in the pending ring
    bool id_reused = false;                      ///< of the one that waits: Prediction::id_reused
    bool expired = false;                        ///< it was pushed out of the ring, by age or by room
};

/// Decides about one label: it is the newest sample's. Of the same sample the record wins over the ring: after a crash
/// between the two, the label that was made durable must not be learned a second time.
[[nodiscard]] LabelVerdict judge_label(const KnownRequest& request, std::uint32_t label);

}  // namespace skerry::feedback
