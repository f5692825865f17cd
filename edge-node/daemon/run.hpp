#pragma once

#include "edge-node/daemon/host.hpp"

namespace skerry::node {

/// Hosts the nodes of some folders until SIGTERM or SIGINT has drained them. Blocks.
/// Errors: as Host::open and Host::start.
[[nodiscard]] Result<> run_host(HostOptions options);

}  // namespace skerry::node
