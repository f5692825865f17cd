#include "edge-node/memory/task_need.hpp"

#include <algorithm>

#include "common/parameters/map_shape.hpp"

namespace skerry::node {
namespace {

/// What the learner holds before it has seen a weight: LibTorch and its allocator.
constexpr std::uint64_t kLearnerAtStart = 155'000'000;

}  // namespace

void TaskNeed::measured(std::uint64_t peak) {
    peak_ = measured_ ? std::max(peak_, peak) : peak;
    measured_ = true;
}

std::uint64_t TaskNeed::bytes() const {
    return peak_ + peak_ / 100 * 15 + peak_ % 100 * 15 / 100;
}

TensorAccount account_of(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout, Tier held,
                         const StepShape& step) {
    std::uint64_t largest = spec.input.values();
    std::uint64_t all_maps = spec.input.values();
    for (std::size_t tier = 0; tier <= static_cast<std::size_t>(held); ++tier) {
        const std::uint64_t map = parameters::map_after(spec, static_cast<Tier>(tier)).values();
        largest = std::max(largest, map);
        all_maps += map;
    }
    const std::uint64_t weights = layout.prefix(held) * sizeof(float);
    TensorAccount account;
    account.sample = spec.input.sample_bytes() +
                     sizeof(float) * (spec.input.values() + 2 * largest + kTiers * std::uint64_t{spec.classes.size()});
    account.snapshot = 2 * weights;
    account.install = 3 * weights + account.snapshot;
    // Each layer's output is kept for the way back, beside its gradient.
    account.learning = kLearnerAtStart + (2 + step.optimiser_vectors) * weights +
                       2 * sizeof(float) * step.rows * all_maps + account.snapshot;
    return account;
}

}  // namespace skerry::node
