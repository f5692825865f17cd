#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "edge-node/api/model_document.hpp"
#include "edge-node/api/serving_counters.hpp"

namespace skerry::node {

/// What a model has done since the node started, whichever version did it.
struct ModelStatistics {
    ServedModel model;  ///< with the version that is served now
    RequestTimes times;
    std::uint64_t samples = 0;     ///< answered
    std::uint64_t executions = 0;  ///< runs of the light stage: every sample goes through it once
};

/// The statistics of these models, as Triton reports them; "batch_stats" stay empty, since a sample may meet another
/// batch in each stage. compute_input is reading a request, compute_output writing its answer, both with the network's
/// thread; compute_infer counts a batch for each request that was in it, and queue is all that is left until the
/// answer. Triton Inference Server, docs/protocol/extension_statistics.md
[[nodiscard]] std::string statistics_json(const std::vector<ModelStatistics>& models);

}  // namespace skerry::node
