#pragma once

#include <utility>

#include "common/parameters/layout.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node::testing {

/// An engine for any tier: answers nothing in particular, and learns by moving every trained weight a little.
class NudgeEngine final : public LearningEngine {
public:
    explicit NudgeEngine(const parameters::ModelSpec& spec)
        : layout_(parameters::ParameterLayout::of(spec).value()),
          values_(spec.input.values()),
          classes_(spec.classes.size()) {}

    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override {
        const Tier tier = layout_.tier_of_prefix(request.parameters.size()).value();
        ForwardResult result{request.rows.size() / values_, static_cast<std::size_t>(tier) + 1, classes_, {}};
        result.logits.assign(result.rows * result.exits * classes_, 0.0F);
        on_done(std::move(result));
    }
    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override {
        TrainResult result{{request.parameters.begin(), request.parameters.end()},
                           request.optimiser,
                           {0.0F},
                           request.plan.learning_rate,
                           true};
        result.optimiser.memory.resize(shape_of(request.plan.optimiser).vectors * result.parameters.size());
        for (std::size_t i = layout_.statistics(); i < result.parameters.size(); ++i)
            result.parameters[i] += 1.0F / 64;
        on_done(std::move(result));
    }

private:
    parameters::ParameterLayout layout_;
    std::size_t values_;
    std::size_t classes_;
};

/// Can't compute anything, and is there to say so.
class HopelessEngine final : public LearningEngine {
public:
    void forward(const ForwardRequest&, OnDone<ForwardResult> on_done) override {
        on_done(fail(ErrorCode::InvalidInput, "these rows are beyond me"));
    }
    void train(const TrainRequest&, OnDone<TrainResult>) override {}
};

}  // namespace skerry::node::testing
