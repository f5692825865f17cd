#pragma once

#include <array>
#include <span>
#include <string>

#include "edge-node/serving/executors/executor.hpp"
#include "edge-node/serving/executors/network.hpp"

namespace skerry::node {

/// Batch sizes that are timed apart. A batch runs on the winner of the largest that is not above it.
inline constexpr std::array<std::size_t, 2> kTimedBatches = {1, 8};

/// The place in kTimedBatches of the one that stands for this size.
[[nodiscard]] constexpr std::size_t timed_batch_of(std::size_t batch) {
    std::size_t timed = kTimedBatches.size() - 1;
    while (timed > 0 && kTimedBatches[timed] > batch)
        --timed;
    return timed;
}

/// An executor for as much of a network as has weights. Errors and threads as an ExecutorFactory's.
using Packer =
    std::function<Result<std::unique_ptr<const Executor>>(const parameters::ModelSpec&, const NetworkSource&)>;

/// One way of computing, by the name that status and configuration use.
struct Candidate {
    std::string name;
    ExecutorFactory make;
    bool exact =
        true;       ///< promises the reference's numbers up to rounding; else its classes, and logits about as large
    Packer pack{};  ///< what `make` makes, where not all of it is to run; null: it can't be made in part
    Packer
        once{};  ///< the same up to rounding, for a run or two, while the weights stay where they are; null: `make`'s
};
/// Packs all of the network.
[[nodiscard]] ExecutorFactory whole(Packer pack);
/// Exact.
[[nodiscard]] Candidate candidate_of(std::string name, Packer pack);

/// Who runs each unit at each timed batch size: places in a list of candidates, whose first is the reference.
using Lineup = std::array<std::array<std::size_t, kTimedBatches.size()>, kUnits>;

[[nodiscard]] constexpr Tier tier_of_unit(std::size_t unit) {
    return static_cast<Tier>(unit / 2);
}
[[nodiscard]] constexpr bool is_head(std::size_t unit) {
    return unit % 2 == 1;
}
/// "medium stage"
[[nodiscard]] std::string name_of_unit(std::size_t unit);
/// The units of a node that holds `tier` come before this one.
[[nodiscard]] constexpr std::size_t units_held(Tier tier) {
    return 2 * (static_cast<std::size_t>(tier) + 1);
}

void run_unit(const Executor& executor, std::size_t unit, std::span<const float> in, std::span<float> out,
              std::size_t batch, ExecutorScratch& scratch);

/// Runs each unit on the candidate that the lineup names, which packs it and no other; candidates that it does not name
/// are not made. As their factories.
[[nodiscard]] Result<std::unique_ptr<const Executor>> lined_up_executor(const parameters::ModelSpec& spec,
                                                                        const parameters::ParameterLayout& layout,
                                                                        std::span<const float> parameters,
                                                                        std::span<const Candidate> candidates,
                                                                        const Lineup& lineup);

}  // namespace skerry::node
