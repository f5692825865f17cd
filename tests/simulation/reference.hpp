#pragma once

#include <span>
#include <vector>

#include "common/base/ids.hpp"
#include "coordinator/admission/gates.hpp"
#include "coordinator/ledger/events.hpp"

namespace skerry::simulation {

/// One update as a second, independent reading of PROTOCOL.md §6 sees it.
struct Counted {
    std::span<const float> delta;
    Tier tier = Tier::Heavy;
    std::uint64_t weight = 0;
    Digest content{};
};

struct Reference {
    std::vector<float> weights;
    Digest sum{};
    Bytes optimiser = {};  ///< what it remembers
};

/// parent + Σ w·Δ / Σ w by prefix, without the parent in the statistics, written as slowly and as plainly as can be:
/// extended precision for a product, 128-bit integers for the sums. Shares no code with aggregation/, which must give
/// the same bytes.
[[nodiscard]] Reference reference_mean(std::span<const float> parent, const coordinator::ModelShape& model,
                                       std::span<const Counted> set);

/// What the recipe makes of parent and set. The plain mean is reference_mean(); others are aggregation/'s own, which
/// golden values hold elsewhere: here it is that the right recipe, seed and memory come to the right set.
[[nodiscard]] Reference reference_step(std::span<const float> parent, const coordinator::ModelShape& model,
                                       std::span<const Counted> set, const coordinator::ledger::Recipe& recipe,
                                       const Digest& seed, ByteView remembered);

/// min(examples, examples_max) · round(64·(1+staleness)^-½), by PROTOCOL.md §6 and not by its table in the code.
[[nodiscard]] std::uint64_t reference_weight(std::uint32_t examples, std::uint32_t examples_max,
                                             std::uint64_t staleness);

}  // namespace skerry::simulation
