#include "edge-node/learning/elastic_rate.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "edge-node/learning/paired_test.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;

class ElasticRateTest : public ::testing::Test {
protected:
    // Losses of 100 rows, with a mean gain for twice and half of the step and some noise between rows.
    std::string judge(double gain_of_twice, double gain_of_half) {
        std::vector<float> now, twice, half;
        for (int i = 0; i < 100; ++i) {
            now.push_back(1.0F);
            twice.push_back(static_cast<float>(1.0 - gain_of_twice + 0.1 * (random_.uniform() - 0.5)));
            half.push_back(static_cast<float>(1.0 - gain_of_half + 0.1 * (random_.uniform() - 0.5)));
        }
        return rate_.judge({now, twice, half});
    }

    LearningConfig config_;
    ElasticRate rate_{config_};
    Random random_{1};
};

TEST_F(ElasticRateTest, GrowsWithTheEvidenceThatTwiceTheStepWouldHaveBeenBetter) {
    judge(-0.1, -0.1);  // the first fit is over
    rate_.restore(1);
    EXPECT_THAT(judge(0.1, -0.05), HasSubstr("twice the step"));
    EXPECT_NEAR(rate_.value(), std::pow(std::exp(1.125), 1 - config_.elastic_return), 1e-9);
    const double clear = rate_.value();
    rate_.restore(1);
    judge(0.006, -0.05);
    EXPECT_GT(rate_.value(), 1);
    EXPECT_LT(rate_.value(), 0.8 * clear) << "a t of two is not one of thirty";
}

TEST_F(ElasticRateTest, GrowsFasterWhileTheFirstFitIsMade) {
    judge(0.1, -0.05);
    EXPECT_NEAR(rate_.value(), std::pow(1.5 * std::exp(2), 1 - config_.elastic_return), 1e-9) << "from 1.5";
    judge(-0.1, 0.1);
    const double over = rate_.value();
    judge(0.1, -0.05);
    EXPECT_LT(rate_.value(), std::exp(1.125) * over);
}

TEST_F(ElasticRateTest, ShrinksWhenHalfTheStepWasClearlyBetter) {
    rate_.restore(1);
    EXPECT_THAT(judge(-0.1, 0.1), HasSubstr("half the step predicted the last 100 samples better (t="));
    EXPECT_NEAR(rate_.value(), std::pow(std::exp(-0.25), 1 - config_.elastic_return), 1e-9);
}

TEST_F(ElasticRateTest, DoesNotShrinkForAGainWithinTheNoise) {
    judge(-0.1, 0.002);
    EXPECT_GT(rate_.value(), 0.95);
}

TEST_F(ElasticRateTest, ReturnsToOneByItselfAfterAFirstFitThatAskedForNoMore) {
    judge(-0.1, -0.1);
    for (int i = 0; i < 10; ++i)
        judge(0.1, 0);
    const double grown = rate_.value();
    for (int i = 0; i < 500; ++i)
        judge(-0.1, -0.1);
    EXPECT_GT(grown, 2);
    EXPECT_NEAR(rate_.value(), 1, 0.1);
}

TEST_F(ElasticRateTest, ReturnsToWhatItsFirstFitEarnedAndBeginsANewWorldWithIt) {
    for (int i = 0; i < 3; ++i)
        judge(0.1, 0);
    const double earned = rate_.value() / 1.5;
    EXPECT_GT(earned, 5);
    judge(-0.1, -0.1);
    for (int i = 0; i < 10; ++i)
        judge(0.1, 0);  // later gains are no first fit
    for (int i = 0; i < 500; ++i)
        judge(-0.1, -0.1);
    EXPECT_NEAR(rate_.value(), earned, 0.1);
    for (int i = 0; i < 20; ++i)
        judge(-0.1, 0.1);
    EXPECT_LT(rate_.value(), 1);

    ByteWriter saved;
    rate_.save_fit(saved);
    ElasticRate other{config_};
    ByteReader from(saved.bytes());
    other.load_fit(from);
    other.restore(rate_.value());
    other.on_drift();
    EXPECT_NEAR(other.value(), earned, 0.01);
}

TEST_F(ElasticRateTest, StaysWithinItsBounds) {
    for (int i = 0; i < 100; ++i)
        judge(0.1, 0);
    EXPECT_LE(rate_.value(), config_.elastic_max);
    EXPECT_GT(rate_.value(), 0.9 * config_.elastic_max);
    for (int i = 0; i < 100; ++i)
        judge(-0.1, 0.1);
    EXPECT_GE(rate_.value(), config_.elastic_min);
    rate_.restore(NAN);
    EXPECT_EQ(rate_.value(), 1);
}

TEST_F(ElasticRateTest, DriftLiftsItToOneButNeverAboveWhatItHasEarned) {
    rate_.restore(0.3);
    rate_.on_drift();
    EXPECT_EQ(rate_.value(), 1);
    rate_.restore(1.7);
    rate_.on_drift();
    EXPECT_EQ(rate_.value(), 1.7);
}

TEST_F(ElasticRateTest, HalvesAtADroppedStep) {
    rate_.restore(1);
    rate_.on_reject();
    EXPECT_EQ(rate_.value(), 0.5);
    for (int i = 0; i < 9; ++i)
        rate_.on_reject();
    EXPECT_EQ(rate_.value(), config_.elastic_min);
}

TEST(PairedT, SaysHowSureADifferenceIs) {
    const std::vector<float> a = {1.0F, 2.0F, 3.0F, 4.0F};
    const std::vector<float> b = {0.5F, 1.0F, 2.5F, 3.0F};
    EXPECT_NEAR(paired_t(a, b), 5.196, 1e-3);
    EXPECT_NEAR(paired_t(b, a), -5.196, 1e-3);
    EXPECT_EQ(paired_t(a, a), 0);
    EXPECT_EQ(paired_t(std::span(a).first(1), std::span(b).first(1)), 0);
    const std::vector<float> shifted = {2.0F, 3.0F, 4.0F, 5.0F};
    EXPECT_EQ(paired_t(shifted, a), 1000);
}

}  // namespace
}  // namespace skerry::node
