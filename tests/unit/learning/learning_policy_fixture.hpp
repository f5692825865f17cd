#pragma once

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge-node/learning/learning_policy.hpp"
#include "tests/unit/learning/softmax_engine.hpp"

namespace skerry::node::testing {

using Batch = std::vector<feedback::LabelledSample>;

/// A stream of three well separated clouds, one a class, fed in batches of a hundred as a node would.
class LearningPolicyTest : public ::testing::Test {
protected:
    LearningPolicyTest() {
        config_.step_made_rows = 0;  // their tests ask for them
        policy_ = make(config_);
    }

    std::unique_ptr<LearningPolicy> make(const LearningConfig& config) {
        auto weights = parameters::initial_parameters(spec_, layout_, 5);
        auto policy = LearningPolicy::create(engine_, config, spec_, std::move(weights));
        EXPECT_TRUE(policy) << policy.error().message;
        return std::move(*policy);
    }

    feedback::LabelledSample sample(std::uint32_t cloud, std::uint32_t label) {
        feedback::LabelledSample made;
        made.prediction.order = ++order_;
        made.prediction.request = "request-" + std::to_string(order_);
        made.row = order_;
        std::vector<float> x(4);
        for (std::size_t f = 0; f < 4; ++f) {
            x[f] = static_cast<float>(random_.uniform() - 0.5) + (f == cloud ? 3.0F : 0.0F);
        }
        const auto bytes = std::as_bytes(std::span(x));
        made.prediction.sample.assign(bytes.begin(), bytes.end());
        made.label = label;
        return made;
    }
    /// Clouds 0 … 2; the label of cloud c is (c + turn) mod 3.
    Batch batch(std::uint32_t turn = 0, std::size_t rows = 100) {
        Batch made;
        for (std::size_t i = 0; i < rows; ++i) {
            const auto cloud = static_cast<std::uint32_t>(random_.below(3));
            made.push_back(sample(cloud, (cloud + turn) % 3));
        }
        return made;
    }
    Result<Learned> try_learn(const Batch& rows) {
        Result<Learned> result = fail(ErrorCode::Internal, "no answer came");
        policy_->learn(rows, [&](Result<Learned> learned) { result = std::move(learned); });
        return result;
    }
    Learned learn(const Batch& rows) {
        auto result = try_learn(rows);
        EXPECT_TRUE(result) << result.error().message;
        return result ? std::move(*result) : Learned{};
    }
    Learned learn(std::size_t triggers, std::uint32_t turn = 0) {
        Learned last;
        for (std::size_t i = 0; i < triggers; ++i)
            last = learn(batch(turn));
        return last;
    }
    /// From now on every step makes the weights worse than useless.
    void poison_steps() {
        engine_.spoil = [this](TrainResult& result) {
            for (std::size_t i = layout_.statistics(); i < result.parameters.size(); ++i)
                result.parameters[i] *= -5;
        };
    }
    /// Rows of the last plan that carry their cloud's label, or this one, as it was before any turn.
    [[nodiscard]] std::size_t old_labels_replayed(std::optional<std::uint32_t> which = {}) const {
        std::size_t old = 0;
        for (const TrainStep& step : engine_.plans.back().steps) {
            for (const TrainRow& row : step) {
                const float* x = engine_.pools.back().data() + row.row * 4;
                const bool as_before = row.label == static_cast<std::uint32_t>(std::max_element(x, x + 3) - x);
                old += as_before && row.label == which.value_or(row.label) ? 1 : 0;
            }
        }
        return old;
    }
    [[nodiscard]] std::vector<float> weights() const {
        const auto& all = *policy_->parameters();
        return {all.begin() + static_cast<std::ptrdiff_t>(layout_.statistics()), all.end()};
    }

    parameters::ModelSpec spec_ = small_spec();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    SoftmaxEngine engine_{spec_};
    LearningConfig config_;
    Random random_{3};
    std::uint64_t order_ = 0;
    std::unique_ptr<LearningPolicy> policy_;
};

}  // namespace skerry::node::testing
