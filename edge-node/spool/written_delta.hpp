#pragma once

#include "common/wire/delta_codec.hpp"
#include "edge-node/spool/rebase.hpp"

namespace skerry::node {

/// Δ as it goes into an update. As the coordinator reads it, it differs from the progress that it was made of by what
/// is clipped and what is rounded or left out; as the spool keeps what is read, that stays progress.
struct WrittenDelta {
    wire::DeltaForm form;
    std::vector<float> exact;  ///< where it is float32; the first values are the moments
    Bytes bytes;               ///< where it is not
};

/// `progress`: of the weights' length, whose first `statistics` values are given as they are. As the policy says, with
/// a norm of at most `norm_max` as it is read; float32 where that is shorter, or rounding will not let it be.
/// InvalidInput: clip().
[[nodiscard]] Result<WrittenDelta> write_delta(std::vector<float> progress, Values weights, std::size_t statistics,
                                               float norm_max, const wire::DeltaPolicy& policy);

}  // namespace skerry::node
