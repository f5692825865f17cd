#pragma once

#include <string>
#include <vector>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/serving/classify.hpp"

namespace skerry::node {

/// The JSON answer to an infer request. One sample: its tier, score and confidence are response parameters. Several:
/// tier and score are outputs with a value a sample. `outputs`: those asked for; empty: the usual ones. `id_reused`:
/// the id waited for its label already, and labels now go to this sample.
[[nodiscard]] std::string infer_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version,
                                     std::string_view id, const std::vector<Output>& outputs,
                                     const std::vector<Answer>& answers, bool id_reused = false);

/// Model metadata: its versions (one: that served now), input and outputs.
[[nodiscard]] std::string metadata_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version);

}  // namespace skerry::node
