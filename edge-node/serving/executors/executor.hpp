#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "common/parameters/layout.hpp"

namespace skerry::node {

/// Memory of one worker thread for the maps between the layers inside a stage. Grows to what the largest stage needs
/// and is then reused; what is in it between calls means nothing.
struct ExecutorScratch {
    std::vector<float> padded;
    std::vector<float> in;
    std::vector<float> out;
};

/// Runs the stages and heads of one model at one snapshot's weights, which it has packed once for its own way of
/// computing. Immutable: any number of threads at once, each with its own scratch.
///
/// All maps between stages are float32 rows in the order row, column, channel (one value a unit after a dense layer),
/// so that executors may be mixed stage by stage.
class Executor {
public:
    virtual ~Executor() = default;

    /// `in`: shape [batch, …]: for the light stage the normalised input in its own order (channel, row, column); for
    /// the others the map of the stage before. `map`: shape [batch, map_after(spec, stage).values()].
    /// The stage is one of the tiers held.
    virtual void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                           ExecutorScratch& scratch) const = 0;

    /// `map`: what run_stage gave for that tier. `logits`: shape [batch, classes].
    virtual void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const = 0;
};

/// Builds an executor for the prefix `parameters` of this model, which it may borrow for its life, as a snapshot lends
/// them. Runs off the serving path, once per snapshot. InvalidInput: the prefix is no tier of the layout.
using ExecutorFactory = std::function<Result<std::unique_ptr<const Executor>>(
    const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout, std::span<const float> parameters)>;

}  // namespace skerry::node
