#include "edge-node/learner/optimisers.hpp"
#include "tests/unit/learning/torch_loss_fixture.hpp"

// What steps make of the weights.
namespace skerry::node {
namespace {

using testing::kHere;

class TorchStepsTest : public testing::TorchLossFixture {};

INSTANTIATE_TEST_SUITE_P(BothModalities, TorchStepsTest,
                         ::testing::Values(testing::image_spec(), testing::tabular_spec()),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(TorchStepsTest, LeavesTheStatisticsAloneAndMovesEverythingElse) {
    auto theta = theta_;
    std::vector<float> memory(2 * theta.size()), losses(1);
    plan_.proximal = 0.05F;
    ASSERT_TRUE(engine_.train({theta, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere).value().finite);
    for (std::size_t i = 0; i < layout_.statistics(); ++i)
        EXPECT_EQ(theta[i], theta_[i]);
    for (std::size_t i = layout_.statistics(); i < theta.size(); ++i) {
        EXPECT_NEAR(std::abs(theta[i] - theta_[i]), 1e-3, 2e-4) << i;  // Adam's first step has the length of its rate
    }
}

TEST_P(TorchStepsTest, TrainsALightPrefixAlone) {
    theta_.resize(layout_.prefix(Tier::Light));
    plan_.proximal = 0;
    const double before = loss(theta_);
    std::vector<float> memory(2 * theta_.size());
    plan_.steps.assign(30, plan_.steps[0]);
    std::vector<float> losses(30);
    plan_.learning_rate = 0.01F;
    ASSERT_TRUE(engine_.train({theta_, memory, 0, rows_, targets_, {}, losses}, plan_, kHere).value().finite);
    EXPECT_LT(loss(theta_), before);
}

TEST_P(TorchStepsTest, LearnsWithEveryOptimiser) {
    plan_.proximal = 0;
    plan_.steps.assign(60, plan_.steps[0]);
    plan_.learning_rate = 0.01F;
    const double before = loss(theta_);
    for (const Optimiser optimiser : {Optimiser::Adam, Optimiser::AdaGrad, Optimiser::Cocob}) {
        plan_.optimiser = optimiser;
        auto theta = theta_;
        std::vector<float> memory(shape_of(optimiser).vectors * theta.size()), losses(60);
        const auto trained = engine_.train({theta, memory, 0, rows_, targets_, {}, losses}, plan_, kHere);
        ASSERT_TRUE(trained && trained->finite);
        EXPECT_FLOAT_EQ(trained->learning_rate, 0.01F);
        EXPECT_LT(losses.back(), 0.8F * losses.front()) << static_cast<int>(optimiser);
        EXPECT_LT(loss(theta), before);
    }
}

TEST_P(TorchStepsTest, RaisesATimidRateByItsHypergradientAndTellsIt) {
    plan_.proximal = 0;
    plan_.steps.assign(20, plan_.steps[0]);
    plan_.learning_rate = 1e-5F;
    plan_.hypergradient = 0.1F;
    plan_.rate_bounds = {1e-6F, 1};
    auto theta = theta_;
    std::vector<float> memory(2 * theta.size()), losses(20);
    const auto trained = engine_.train({theta, memory, 0, rows_, targets_, {}, losses}, plan_, kHere);
    ASSERT_TRUE(trained && trained->finite);
    EXPECT_GT(trained->learning_rate, 1.5e-5F);
    plan_.rate_bounds = {1e-6F, 1.2e-5F};
    const auto bounded = engine_.train({theta, memory, 20, rows_, targets_, {}, losses}, plan_, kHere);
    ASSERT_TRUE(bounded && bounded->finite);
    EXPECT_LE(bounded->learning_rate, 1.2e-5F);
}

TEST_P(TorchStepsTest, SaysWhenItsNumbersOverflow) {
    for (std::size_t i = layout_.statistics(); i < theta_.size(); ++i)
        theta_[i] *= 1e20F;
    std::vector<float> memory(2 * theta_.size()), losses(1);
    const auto trained = engine_.train({theta_, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere);
    ASSERT_TRUE(trained);
    EXPECT_FALSE(trained->finite);
}

}  // namespace
}  // namespace skerry::node
