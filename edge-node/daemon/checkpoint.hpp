#pragma once

#include <array>
#include <string>

#include "common/base/bytes.hpp"
#include "edge-node/spool/spool.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// What becomes durable with each learning step: the learner's own memory, and how it relates to the federation.
struct Checkpoint {
    feedback::SnapshotVersion version;             ///< `.global`: the version that the weights stand on
    Totals totals;                                 ///< error_cursor is the spool's business and 0 here
    std::array<std::uint64_t, kTiers> answered{};  ///< samples, by tier, since the node was created
    double learning_rate = 0;                      ///< of the last step, for the status page
    std::string reason;                            ///< why it is what it is
    Bytes learner;                                 ///< LearningPolicy::checkpoint

    /// All but `learner`, which is megabytes and stands behind it.
    [[nodiscard]] Bytes head() const;
    /// VersionMismatch: written by another program version.
    [[nodiscard]] static Result<Checkpoint> from_bytes(ByteView bytes);
};

}  // namespace skerry::node
