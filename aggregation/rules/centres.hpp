#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "aggregation/rules/gram.hpp"

namespace skerry::aggregation {

/// min(1, bound/norm) for each norm. Without a bound it is the norms' own median, of an even number the lower of the
/// two in the middle: then fewer than half of the set cannot raise it above an honest norm.
/// Sun et al. 2019, "Can You Really Backdoor Federated Learning?"; the adaptive bound after Andrew et al. 2021,
/// "Differentially Private Learning with Adaptive Clipping", at the quantile ½.
[[nodiscard]] std::vector<double> norm_bound(std::span<const double> norms, std::optional<double> bound);

/// The point with the least Σ wₖ·|xₖ - z|, by Weiszfeld's iteration from zero with distances no smaller than
/// `smoothing`. The weights count: it bears hostile updates of less than half of their sum. An iteration costs n²,
/// whatever the vectors' length. Pillutla et al. 2022, "Robust Aggregation for Federated Learning" (RFA).
[[nodiscard]] Row geometric_median(const Gram& gram, std::span<const double> weights, double smoothing,
                                   std::size_t iterations);

/// v ← v + (1/n)·Σ (xₖ - v)·min(1, radius/|xₖ - v|), `iterations` times, from the last of the Gram matrix's vectors
/// where `centre_is_last`, which is then none of the n, else from zero. Without a radius it is, each time, the lower
/// median of the |xₖ - v|. Weights are ignored.
/// Karimireddy et al. 2021, "Learning from History for Byzantine Robust Optimization".
[[nodiscard]] Row centred_clipping(const Gram& gram, bool centre_is_last, std::optional<double> radius,
                                   std::size_t iterations);

}  // namespace skerry::aggregation
