#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/serving/classify.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// One infer request between being read and being written out. All its samples are answered by one snapshot and one
/// router. Written by the worker that runs it, read by the loop afterwards.
struct InferJob {
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const Router> router;
    InferRequest request;
    std::string id;  ///< the client's or ours
    TimePoint at;
    std::chrono::steady_clock::time_point arrived;

    std::vector<Answer> answers{};                 ///< one a sample, in their order
    std::uint64_t clamped = 0;                     ///< samples with a value at ±limits::kScaledInputMax after scaling
    std::optional<std::size_t> clamped_channel{};  ///< of the first of these: channel or feature

    /// Answers every sample.
    void run(ClassifyScratch& scratch);
    /// What its labels are joined with; takes the samples. Empty where nothing may be learned from them.
    [[nodiscard]] std::vector<feedback::Prediction> take_predictions();
    /// What it holds in memory while it waits.
    [[nodiscard]] std::size_t bytes() const;
};

}  // namespace skerry::node
