#pragma once

#include <ostream>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/learner/torch_engine.hpp"

namespace skerry::parameters {

inline void PrintTo(const ModelSpec& spec, std::ostream* out) {
    *out << spec.name;
}

}  // namespace skerry::parameters

namespace skerry::node::testing {

inline const RunPiece kHere = [](const std::function<void()>& piece) { piece(); };

inline parameters::ModelSpec image_spec() {
    parameters::ModelSpec spec;
    spec.name = "image";
    spec.modality = parameters::Modality::Image;
    spec.input.shape = {2, 6, 5};
    spec.classes = {"a", "b", "c"};
    using enum parameters::Layer::Kind;
    spec.stages = {{{{Conv, 3, 3, 2}}, {{Conv, 4, 3, 1}}, {{Conv, 3, 5, 1}, {Conv, 2, 3, 2}}}};
    return spec;
}

inline parameters::ModelSpec tabular_spec() {
    parameters::ModelSpec spec;
    spec.name = "tabular";
    spec.modality = parameters::Modality::Tabular;
    spec.input.shape = {5};
    spec.classes = {"a", "b", "c"};
    using enum parameters::Layer::Kind;
    spec.stages = {{{{Dense, 6, 3, 1}}, {{Dense, 5, 3, 1}}, {{Dense, 7, 3, 1}, {Dense, 4, 3, 1}}}};
    return spec;
}

/// An engine that is loaded with one of these models, and a plan of one step for it.
class TorchEngineFixture : public ::testing::TestWithParam<parameters::ModelSpec> {
protected:
    static void SetUpTestSuite() { prepare_torch(); }

    TorchEngineFixture() {
        for (std::size_t i = 0; i < layout_.statistics() / 2; ++i) {
            theta_[i] = 0.1F;
            theta_[layout_.statistics() / 2 + i] = 1.5F;
        }
        for (std::size_t i = layout_.statistics(); i < theta_.size(); ++i)
            theta_[i] += random(0.1F);
        for (std::size_t i = 0; i < kRows * spec_.input.values(); ++i)
            rows_.push_back(random(2));
        for (std::size_t i = 0; i < kTargets * spec_.classes.size(); ++i)
            targets_.push_back(random(2));
        anchor_ = theta_;
        for (float& value : anchor_)
            value += random(0.1F);

        TrainStep step;
        for (std::uint32_t i = 0; i < kRows; ++i)
            step.push_back({i, i % 3, 0.5F + 0.25F * static_cast<float>(i), {}});
        step[1].target = 0U;
        step[3].target = 1U;
        plan_.steps = {step};
        plan_.class_log_prior = {-0.5F, -1.0F, -2.0F};
        plan_.exit_weights = {0.2F, 0.3F, 0.5F};
        plan_.logit_weight = 0.7F;
        plan_.proximal = 0.05F;
        plan_.learning_rate = 1e-3F;
    }

    float random(float size) { return size * static_cast<float>(random_.uniform() - 0.5); }

    static constexpr std::size_t kRows = 6;
    static constexpr std::size_t kTargets = 2;
    parameters::ModelSpec spec_ = GetParam();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    TorchEngine engine_ = TorchEngine::load(parameters::canonical_text(spec_)).value();
    Random random_{9};
    std::vector<float> theta_ = parameters::initial_parameters(spec_, layout_, 3);
    std::vector<float> rows_, targets_, anchor_;
    TrainPlan plan_;
};

}  // namespace skerry::node::testing
