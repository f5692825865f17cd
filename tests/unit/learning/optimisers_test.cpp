#include "edge-node/learner/optimisers.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

// θ = (1, −2) behind one value that nobody trains, and the memory of an optimiser.
class OptimisersTest : public ::testing::Test {
protected:
    void step(Optimiser optimiser, const std::vector<float>& gradient, float rate) {
        memory_.resize(shape_of(optimiser).vectors * all_.size());
        update(optimiser, trained(), gradient, memory(), ++steps_, rate);
    }
    [[nodiscard]] OptimiserMemory memory() { return {memory_, all_.size(), 1}; }
    [[nodiscard]] std::span<float> trained() { return std::span(all_).subspan(1); }

    std::vector<float> all_ = {7, 1, -2};
    std::vector<float> memory_;
    std::uint64_t steps_ = 0;
};

TEST_F(OptimisersTest, AdamFollowsThePublishedRule) {
    step(Optimiser::Adam, {0.5F, -0.25F}, 0.1F);
    EXPECT_NEAR(all_[1], 0.9, 1e-5);
    EXPECT_NEAR(all_[2], -1.9, 1e-5);
    step(Optimiser::Adam, {0, 0}, 0.1F);
    const double m = 0.9 * 0.05 / (1 - 0.81);
    const double v = 0.999 * 0.00025 / (1 - 0.998001);
    EXPECT_NEAR(double{all_[1]}, 0.9 - 0.1 * m / std::sqrt(v), 1e-4);
    EXPECT_EQ(all_[0], 7) << "moved what is not trained";
}

TEST_F(OptimisersTest, AdaGradDividesByTheRootOfAllSquaresSoFar) {
    step(Optimiser::AdaGrad, {3, 0}, 0.1F);
    EXPECT_NEAR(all_[1], 0.9, 1e-6);
    EXPECT_EQ(all_[2], -2) << "moved a weight without a gradient";
    step(Optimiser::AdaGrad, {4, 0}, 0.1F);
    EXPECT_NEAR(double{all_[1]}, 0.9 - 0.1 * 4 / 5, 1e-6);
}

// By hand: L = 2, G = 2, reward 0, θ = −2, so the bet is −2 / (2·max(4, 200))·2 = −0.01; then the gradient −1 rewards
// (w − w₁)·g = −0.01, cut to 0, and leaves θ = −1: −1 / (2·max(3 + 2, 200))·2 = −0.005.
TEST_F(OptimisersTest, CocobBetsAHundredthAndTakesBackABetThatLost) {
    step(Optimiser::Cocob, {2, 0}, 99);
    EXPECT_NEAR(double{all_[1]}, 1 - 0.01, 1e-6);
    EXPECT_EQ(all_[2], -2);
    step(Optimiser::Cocob, {-1, 0}, 99);
    EXPECT_NEAR(double{all_[1]}, 1 - 0.005, 1e-6);
}

TEST_F(OptimisersTest, CocobBetsMoreWhileItWins) {
    double last = 0;
    for (int i = 0; i < 50; ++i) {
        const float before = all_[1];
        step(Optimiser::Cocob, {1, 0}, 0);
        const double moved = double{before} - double{all_[1]};
        EXPECT_GE(moved, last - 1e-6);
        last = moved;
    }
    EXPECT_LT(all_[1], 0.4F);
}

TEST_F(OptimisersTest, AHypergradientRaisesTheRateOfAStepThatWentTheRightWayAndLowersThatOfOneThatOvershot) {
    memory_.resize(2 * all_.size());
    EXPECT_EQ(hypergradient_rate(0.1F, 0.02F, std::vector<float>{1, 0}, memory()), 0.1F) << "there was no step yet";
    step(Optimiser::Adam, {1, 0}, 0.1F);
    EXPECT_NEAR(hypergradient_rate(0.1F, 0.02F, std::vector<float>{3, 0}, memory()), 0.102, 1e-6);
    EXPECT_NEAR(hypergradient_rate(0.1F, 0.02F, std::vector<float>{-3, 0}, memory()), 0.098, 1e-6);
    EXPECT_NEAR(hypergradient_rate(0.1F, 0.02F, std::vector<float>{0, 3}, memory()), 0.1, 1e-6);
}

TEST_F(OptimisersTest, ClipsOnlyGradientsThatAreTooLong) {
    std::vector<float> gradient = {3, 4};
    EXPECT_EQ(clip_norm(gradient, 0), 5);
    EXPECT_EQ(clip_norm(gradient, 10), 5);
    EXPECT_EQ(gradient[0], 3);
    EXPECT_EQ(clip_norm(gradient, 1), 5);
    EXPECT_NEAR(gradient[0], 0.6, 1e-6);
}

}  // namespace
}  // namespace skerry::node
