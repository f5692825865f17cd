#pragma once

#include <vector>

#include "common/parameters/map_shape.hpp"
#include "edge-node/serving/executors/executor.hpp"

namespace skerry::node::testing {

/// What the exit of `tier` answers to normalised inputs, shape [batch, input.values()]: shape [batch, classes].
inline std::vector<float> logits_of(const Executor& executor, const parameters::ModelSpec& spec, Tier tier,
                                    const std::vector<float>& input, std::size_t batch = 1) {
    ExecutorScratch scratch;
    std::vector<float> map = input;
    for (std::size_t stage = 0; stage <= static_cast<std::size_t>(tier); ++stage) {
        const auto which = static_cast<Tier>(stage);
        std::vector<float> next(batch * parameters::map_after(spec, which).values());
        executor.run_stage(which, map, next, batch, scratch);
        map = std::move(next);
    }
    std::vector<float> logits(batch * spec.classes.size());
    executor.head(tier, map, logits, batch);
    return logits;
}

}  // namespace skerry::node::testing
