#pragma once

#include <string>

#include "edge-node/serving/executors/lineup.hpp"

namespace skerry::node {

/// oneDNN's primitives, compiled for this processor when a model is seen first and shared by all its snapshots; bias
/// and ReLU are fused into them. The factory may be called from any thread and keeps the primitives of the last model.
/// Its executors run on the calling thread alone. Internal: oneDNN cannot run a layer of this model.
/// https://oneapi-src.github.io/oneDNN/v2.6/
[[nodiscard]] Packer onednn_executor();

/// "2.6.3"
[[nodiscard]] std::string onednn_version();

}  // namespace skerry::node
