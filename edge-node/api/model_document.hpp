#pragma once

#include <string>

#include "common/parameters/model_spec.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// Model metadata: its versions (one: that served now), input and outputs.
[[nodiscard]] std::string metadata_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version);

}  // namespace skerry::node
