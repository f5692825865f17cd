#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/ids.hpp"
#include "common/base/time.hpp"

namespace skerry::feedback {

/// What a node serves: the global version it stands on, and how many local learning steps it has taken since.
/// Grows in this order on one node. Text: "7.3".
struct SnapshotVersion {
    ModelVersion global;
    std::uint64_t local = 0;

    auto operator<=>(const SnapshotVersion&) const = default;
    [[nodiscard]] std::string to_text() const { return std::to_string(global.value) + "." + std::to_string(local); }
};

/// One answered request, kept until its label comes or it is pushed out.
struct Prediction {
    std::string request;      ///< the client's id or ours; ≤ limits::kRequestIdBytesMax
    std::uint64_t order = 0;  ///< counts predictions of this node: labels are learned in this order
    TimePoint at;
    SnapshotVersion version;
    Tier tier = Tier::Light;      ///< which exit answered
    std::uint32_t predicted = 0;  ///< class index
    float probability = 0;        ///< of the predicted class, at the exit that answered
    float margin = 0;             ///< p₁ − p₂ there
    float score = 0;              ///< the complexity score that chose the tier
    Bytes sample;                 ///< the input as sent: dtype of the spec, row-major
    bool id_reused = false;       ///< PendingRing's: it took the place of one that waited under the same id
};

/// A prediction whose truth is known and durable.
struct LabelledSample {
    Prediction prediction;
    std::uint32_t label = 0;  ///< class index
    TimePoint labelled_at;
    std::uint64_t row = 0;  ///< key of its durable record; consumed exactly once

    [[nodiscard]] bool correct() const { return prediction.predicted == label; }
};

}  // namespace skerry::feedback
