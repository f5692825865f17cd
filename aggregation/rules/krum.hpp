#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "aggregation/rules/gram.hpp"

namespace skerry::aggregation {

/// For each vector the sum of the squared distances to its `neighbours` nearest others; at least one counts.
/// With n-f-2: Blanchard et al. 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent", which
/// bears f of n > 2f+2. With n-f-1: as byzfl has it, after Farhadkhani et al. 2022. Weights are ignored.
[[nodiscard]] std::vector<double> krum_scores(const Gram& gram, std::size_t neighbours);

/// The indices of the `count` lowest, best first; of equal ones the lowest index.
[[nodiscard]] std::vector<std::size_t> lowest(std::span<const double> scores, std::size_t count);

/// The n-2f vectors that remain when Krum chooses again and again, each time among those not yet chosen; in order of
/// choice. El Mhamdi et al. 2018, "The Hidden Vulnerability of Distributed Learning in Byzantium" (Bulyan, first
/// stage), for n ≥ 4f+3. Weights are ignored.
[[nodiscard]] std::vector<std::size_t> bulyan_choice(const Gram& gram, std::size_t hostile);

}  // namespace skerry::aggregation
