#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/ids.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node {

/// Per-row cross-entropy, the exits' mean weighted by `exit_weights`, with `log_prior` added to the logits (empty:
/// off). Rows [first, first + labels.size()) of `answers` belong to `labels`.
[[nodiscard]] std::vector<float> row_losses(const ForwardResult& answers, std::size_t first,
                                            std::span<const std::uint32_t> labels,
                                            const std::array<float, kTiers>& exit_weights,
                                            std::span<const float> log_prior);

/// Which of those rows the deepest exit gets wrong.
[[nodiscard]] std::vector<bool> row_errors(const ForwardResult& answers, std::size_t first,
                                           std::span<const std::uint32_t> labels);

[[nodiscard]] double mean_of(std::span<const float> values);

}  // namespace skerry::node
