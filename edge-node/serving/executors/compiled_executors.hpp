#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edge-node/serving/executors/calibration_rows.hpp"
#include "edge-node/serving/executors/lineup.hpp"

namespace skerry::node {

/// The executors of this program; the first is the reference. The int8 one is among them where it has rows.
[[nodiscard]] std::vector<Candidate> compiled_executors(const CalibrationRows& int8_rows = nullptr);

/// What times hang on beside the model, in one text: the processor, this version of the program, and the libraries.
[[nodiscard]] std::string machine_key(std::string_view software);

}  // namespace skerry::node
