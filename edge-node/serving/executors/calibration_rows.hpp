#pragma once

#include <memory>
#include <span>
#include <vector>

namespace skerry::node {

/// Samples of the model's traffic, scaled and not normalised, shape [rows, input.values()]: they set the ranges that
/// eight bits divide, and are what such an executor is checked on. Null: there are none.
using CalibrationRows = std::shared_ptr<const std::vector<float>>;

[[nodiscard]] inline std::span<const float> rows_of(const CalibrationRows& rows) {
    return rows ? std::span<const float>(*rows) : std::span<const float>();
}

}  // namespace skerry::node
