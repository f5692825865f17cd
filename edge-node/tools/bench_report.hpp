#pragma once

#include <string>
#include <vector>

#include "edge-node/tools/exit_times.hpp"
#include "edge-node/tools/load.hpp"

namespace skerry::node {

/// What `skerry-node bench` prints. JSON in microseconds, for scripts; text for people.
[[nodiscard]] std::string load_json(const LoadNumbers& numbers);
[[nodiscard]] std::string load_text(const LoadNumbers& numbers);
[[nodiscard]] std::string exit_times_json(const std::vector<ExitTimes>& times);
[[nodiscard]] std::string exit_times_text(const std::vector<ExitTimes>& times);

}  // namespace skerry::node
