#pragma once

#include <optional>

#include "tests/simulation/world.hpp"

namespace skerry::simulation {

struct Outcome {
    std::optional<Violation> violation;
    std::uint64_t trace = 0;  ///< the same for the same plan, on every machine
    Counters counters;
    std::size_t nodes = 0;
    std::chrono::milliseconds lasted{0};  ///< virtual
};

/// Plays one federation from its founding to its end, all of it decided by the plan's seed: nodes join in fair weather;
/// then the storm, until the rounds that the plan asks for are published and each process has died at least once; then
/// fair weather again, in which the remaining rounds must be published and everybody must catch up. Stops at the first
/// law that breaks.
[[nodiscard]] Outcome play(const Plan& plan);

/// "seed 17 breaks one_fate_for_each_update at 2020-01-01T00:01:33.250Z: …"
[[nodiscard]] std::string to_text(const Violation& violation, std::uint64_t seed);

}  // namespace skerry::simulation
