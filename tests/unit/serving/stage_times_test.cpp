#include "edge-node/serving/stages/stage_times.hpp"

#include <gtest/gtest.h>

#include "edge-node/serving/stages/batch_limit.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

const StageTimes::Instant kStart{seconds(1000)};

TEST(StageTimes, KnowsNothingBeforeTheFirstBatch) {
    const StageTimes times(8);
    EXPECT_EQ(times.expected(1), microseconds(0));
    EXPECT_EQ(times.p95(kStart), microseconds(0));
}

TEST(StageTimes, GuessesOtherBatchSizesFromThoseItHasSeen) {
    StageTimes times(8);
    times.add(4, microseconds(40), kStart);
    EXPECT_EQ(times.expected(4), microseconds(40));
    EXPECT_EQ(times.expected(8), microseconds(80)) << "in proportion";
    EXPECT_EQ(times.expected(1), microseconds(40)) << "fewer rows take no longer";
    EXPECT_EQ(times.expected(64), microseconds(640)) << "more than it may hold";
}

TEST(StageTimes, FollowsAChangeWithinAFewBatches) {
    StageTimes times(8);
    times.add(1, microseconds(10), kStart);
    for (int i = 0; i < 40; ++i)
        times.add(1, microseconds(100), kStart);
    EXPECT_NEAR(static_cast<double>(times.expected(1).count()), 100e3, 1e3);
}

TEST(StageTimes, ForgetsASlowMomentAfterTenSeconds) {
    StageTimes times(8);
    for (int i = 0; i < 95; ++i)
        times.add(1, microseconds(10), kStart);
    EXPECT_EQ(times.p95(kStart), microseconds(10));
    for (int i = 0; i < 5; ++i)
        times.add(1, microseconds(900), kStart);
    EXPECT_EQ(times.p95(kStart), microseconds(900));
    EXPECT_EQ(times.p95(kStart + StageTimes::kMemory + seconds(1)), microseconds(0));
}

TEST(BatchLimit, GrowsByOneForEachFullBatchWithinTheBudget) {
    BatchLimit limit(4, microseconds(100));
    EXPECT_EQ(limit.rows(), 1U);
    limit.report(1, microseconds(10));
    EXPECT_EQ(limit.rows(), 2U);
    limit.report(1, microseconds(10));
    EXPECT_EQ(limit.rows(), 2U) << "that batch was not full: nothing was learned";
    for (int i = 0; i < 10; ++i)
        limit.report(limit.rows(), microseconds(10));
    EXPECT_EQ(limit.rows(), 4U);
}

TEST(BatchLimit, GivesUpATenthForEachBatchBeyondTheBudget) {
    BatchLimit limit(100, microseconds(100));
    for (int i = 0; i < 99; ++i)
        limit.report(limit.rows(), microseconds(10));
    limit.report(3, microseconds(101));
    EXPECT_EQ(limit.rows(), 90U);
    for (int i = 0; i < 100; ++i)
        limit.report(1, microseconds(101));
    EXPECT_EQ(limit.rows(), 1U) << "a batch has at least one row";
}

}  // namespace
}  // namespace skerry::node
