#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/parameters/model_spec.hpp"
#include "common/wire/trial_counts.hpp"
#include "edge-node/learning/engine.hpp"
#include "edge-node/router/router.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// A version on trial and the one before it, as they came: what this node has learned since is in neither.
struct Rivals {
    std::vector<float> before;  ///< a tier's whole prefix
    std::vector<float> after;   ///< likewise
};

/// What the two say of the same labelled rows, each routed by `router` to at most the deepest exit that was read.
/// `version` of the result is not set.
[[nodiscard]] wire::TrialCounts compare(const ForwardResult& before, const ForwardResult& after,
                                        std::span<const std::uint32_t> labels, const Router& router);

/// Asks both of a batch, by the engine, and calls `done` with what they are worth; with nothing where the engine
/// fails, or answers with numbers that are not finite: such a batch decides nothing. Samples that do not fit the model
/// are passed over. `batch` and `engine` outlive the call to `done`, which may come before this returns.
/// Cost: two forward passes over the batch.
void compare_versions(LearningEngine& engine, const parameters::ModelSpec& spec, std::shared_ptr<const Rivals> rivals,
                      std::span<const feedback::LabelledSample> batch, std::shared_ptr<const Router> router,
                      std::function<void(std::optional<wire::TrialCounts>)> done);

}  // namespace skerry::node
