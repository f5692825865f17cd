#pragma once

#include <span>
#include <string>

#include "edge-node/daemon/status.hpp"

namespace skerry::node {

/// Prometheus text: the time from an answer to its label, a histogram for each model. It has its own buckets, so that
/// status and metrics say the same.
[[nodiscard]] std::string label_delay_text(std::span<const NodeFacts> all);

}  // namespace skerry::node
