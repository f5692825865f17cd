#pragma once

#include "edge-node/daemon/node.hpp"

namespace skerry::node {

/// Runs a node until SIGTERM or SIGINT has drained it. 0: drained. Blocks.
/// Errors: as Node::open and Node::start.
[[nodiscard]] Result<> run_node(NodeOptions options);

}  // namespace skerry::node
