#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "edge-node/serving/executors/lineup.hpp"

namespace skerry::node {

/// How one candidate did.
struct Standing {
    std::string name;
    std::string excluded;  ///< why it may not serve; empty: it may
    /// Of a whole batch, the fastest of all rounds; 0: not timed.
    std::array<std::array<double, kTimedBatches.size()>, kUnits> microseconds{};
    /// Microseconds in which it packs a unit (where it packs only all, those of all): what each new version costs.
    std::array<double, kUnits> making{};
};

struct Tournament {
    std::vector<Standing> standings;  ///< as the candidates
    /// The fastest of those that may serve; of each unit one for all batch sizes where that is within a tenth of it;
    /// and of several within a tenth the one that is made the soonest.
    Lineup lineup{};
};

struct TournamentLimits {
    /// Timing ends here; every candidate is checked and timed once in any case.
    std::chrono::nanoseconds time = std::chrono::milliseconds(400);
    std::function<std::chrono::nanoseconds()> clock = [] {
        return std::chrono::steady_clock::now().time_since_epoch();
    };
};

/// Checks each candidate against the first, the reference, and times those that agree in turns, so that a busy moment
/// of the machine hits all alike. Weights are drawn: times do not hang on them. `samples`: as of check_inputs. Blocks.
[[nodiscard]] Tournament run_tournament(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                        Tier held, std::span<const Candidate> candidates,
                                        const TournamentLimits& limits, std::span<const float> samples = {});

}  // namespace skerry::node
