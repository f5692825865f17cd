#include "edge-node/learning/drift_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "edge-node/learning/label_shares.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;

class DriftMonitorTest : public ::testing::Test {
protected:
    DriftMonitor::Finding observe(double loss, double error_rate) {
        std::vector<bool> errors;
        for (int i = 0; i < 100; ++i)
            errors.push_back(random_.uniform() < error_rate);
        auto finding = monitor_.observe(loss + 0.05 * (random_.uniform() - 0.5), errors);
        return finding;
    }
    DriftMonitor::Finding trigger(double loss, double error_rate) {
        auto finding = observe(loss, error_rate);
        monitor_.end_trigger();
        return finding;
    }

    LearningConfig config_;
    DriftMonitor monitor_{config_};
    Random random_{5};
};

TEST_F(DriftMonitorTest, StaysSilentOnAStreamThatDoesNotChange) {
    for (int i = 0; i < 1500; ++i)
        ASSERT_FALSE(trigger(0.4, 0.1).drift) << i;
}

TEST_F(DriftMonitorTest, SeesErrorsRiseAndReactsForAWhile) {
    for (int i = 0; i < 30; ++i)
        trigger(0.4, 0.1);
    const auto finding = observe(0.5, 0.6);
    EXPECT_TRUE(finding.drift);
    EXPECT_THAT(finding.sentence, HasSubstr("errors rose to"));
    EXPECT_EQ(finding.detector, DriftDetector::Adwin);
    EXPECT_NEAR(finding.before, 0.1, 0.05);
    EXPECT_NEAR(finding.after, 0.6, 0.15);
    for (std::size_t i = 0; i < config_.react_triggers; ++i) {
        EXPECT_TRUE(monitor_.reacting()) << i;
        monitor_.end_trigger();
    }
    EXPECT_FALSE(monitor_.reacting());
}

TEST_F(DriftMonitorTest, SeesALossFarAboveItsMeanEvenBeforeErrorsTell) {
    for (int i = 0; i < 30; ++i)
        trigger(0.4, 0.1);
    const auto finding = trigger(2.0, 0.1);
    EXPECT_TRUE(finding.drift);
    EXPECT_GT(finding.loss_z, 4);
    EXPECT_EQ(finding.detector, DriftDetector::Loss);
    EXPECT_FALSE(trigger(2.0, 0.1).drift) << "the loss alone alarmed again while it cools down";
}

TEST_F(DriftMonitorTest, AnImprovementIsNoDrift) {
    for (int i = 0; i < 30; ++i)
        trigger(0.8, 0.5);
    for (int i = 0; i < 30; ++i)
        EXPECT_FALSE(trigger(0.2, 0.1).drift);
}

TEST_F(DriftMonitorTest, GoesOnFromASavedState) {
    for (int i = 0; i < 30; ++i)
        trigger(0.4, 0.1);
    trigger(2.0, 0.5);
    ByteWriter saved;
    monitor_.save(saved);
    DriftMonitor restored(config_);
    ByteReader reader(saved.bytes());
    ASSERT_TRUE(restored.load(reader));
    EXPECT_TRUE(reader.finished());
    EXPECT_TRUE(restored.reacting());
    ByteWriter again;
    restored.save(again);
    EXPECT_EQ(again.bytes(), saved.bytes());
}

TEST(LabelShares, MixesNewAndReplayedLabelsByTheirRows) {
    LabelShares shares(4);
    const std::vector<std::uint32_t> labels = {0, 0, 0, 1};
    shares.add(labels);
    const std::vector<double> replayed = {0, 0, 50, 50};
    const auto prior = shares.log_prior({20, replayed, 20, 1e-6, 1});
    EXPECT_NEAR(prior[0], std::log(0.375), 1e-3);
    EXPECT_NEAR(prior[1], std::log(0.125), 1e-3);
    EXPECT_NEAR(prior[3], std::log(0.25), 1e-3);
    const auto alone = shares.log_prior({20, {}, 20, 0.04, 1});
    EXPECT_NEAR(alone[3], std::log(0.01 / 1.04), 1e-3);
    EXPECT_NEAR(shares.log_prior({20, {}, 20, 0.04, 0.5})[3], 0.5 * alone[3], 1e-5);
}

TEST(LabelShares, AreByTheNewNamesOnceClassesAreRenamed) {
    LabelShares shares(3);
    const std::vector<std::uint32_t> before = {0, 0, 0, 0, 1, 2}, now = {1, 1, 0};
    shares.add(before);
    shares.add(now);
    shares.rename(std::vector<std::uint32_t>{1, 0, 2}, now);
    LabelShares expected(3);
    const std::vector<std::uint32_t> as_if = {1, 1, 1, 1, 0, 2};
    expected.add(as_if);
    expected.add(now);
    const LabelShares::Mix mix{20, {}, 20, 0.05, 1};
    EXPECT_EQ(shares.log_prior(mix), expected.log_prior(mix));
}

TEST(LabelShares, CountPairsOfClassesThatBothComeMoreThanByMistake) {
    LabelShares shares(5);
    EXPECT_EQ(shares.pairs_seen(0.05), 0) << "nothing came";
    std::vector<std::uint32_t> labels(300);
    for (std::size_t i = 0; i < labels.size(); ++i)
        labels[i] = i < 200 ? 0 : i < 298 ? 1 : i == 298 ? 2 : 4;
    shares.add(labels);
    EXPECT_DOUBLE_EQ(shares.pairs_seen(0.05), 2.0 / 20);
    EXPECT_DOUBLE_EQ(shares.pairs_seen(0.01), 4.0 * 3 / 20);
}

TEST(LabelShares, FadesWhatCameLongAgo) {
    LabelShares shares(2);
    const std::vector<std::uint32_t> old(100, 0U);
    const std::vector<std::uint32_t> recent(100, 1U);
    shares.add(old);
    for (int i = 0; i < 60; ++i)
        shares.add(recent);
    const auto prior = shares.log_prior({1, {}, 0, 1e-6, 1});
    EXPECT_LT(prior[0], std::log(0.01));
    EXPECT_NEAR(prior[1], 0, 0.01);
}

}  // namespace
}  // namespace skerry::node
