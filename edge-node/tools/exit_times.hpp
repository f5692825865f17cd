#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/parameters/model_file.hpp"

namespace skerry::node {

/// How long one executor takes for one sample, on one thread, without the node around it.
struct ExitTimes {
    std::string executor;
    /// Medians, from the normalised input to the logits of that exit alone; nothing: the model file ends before it.
    std::array<std::optional<std::chrono::nanoseconds>, kTiers> exits{};
};

/// Of each executor that can run this model on this machine. Takes a second or two for each.
/// InvalidInput: the model is not consistent.
[[nodiscard]] Result<std::vector<ExitTimes>> exit_times(const parameters::ExportedModel& model);

}  // namespace skerry::node
