#pragma once

#include <string>
#include <vector>

#include "edge-node/tools/load.hpp"

namespace skerry::node {

/// The whole HTTP requests of a load, ready to be sent: making them costs nothing while times are taken. Asks the node
/// for its model first. Errors: as run_load.
[[nodiscard]] Result<std::vector<std::string>> load_requests(const LoadOptions& options);

}  // namespace skerry::node
