#include "coordinator/round/round.hpp"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

Round open_round() {
    return Round({kStart, RoundId{7}, 3, 2, kStart + 60s});
}

TEST(Round, FreezesAtTheGoalWithoutWaiting) {
    EXPECT_EQ(open_round().due(2, kStart), Round::Due::Nothing);
    EXPECT_EQ(open_round().due(3, kStart), Round::Due::Freeze);
}

TEST(Round, FreezesAtTheDeadlineWithAQuorum) {
    EXPECT_EQ(open_round().due(2, kStart + 59s), Round::Due::Nothing);
    EXPECT_EQ(open_round().due(2, kStart + 60s), Round::Due::Freeze);
}

TEST(Round, IsAbandonedAtTheDeadlineWithoutAQuorum) {
    EXPECT_EQ(open_round().due(1, kStart + 60s), Round::Due::Abandon);
}

TEST(Round, HasNothingMoreToDoOnceItIsFrozenOrOver) {
    Round round = open_round();
    round.freeze(ModelVersion{1}, {});
    EXPECT_EQ(round.due(9, kStart + 1h), Round::Due::Nothing);
    EXPECT_FALSE(round.over());
    round.publish(ModelVersion{2});
    EXPECT_EQ(round.due(9, kStart + 1h), Round::Due::Nothing);
    EXPECT_TRUE(round.over());
}

TEST(RoundPolicy, ListsEveryProblemAtOnce) {
    RoundPolicy policy;
    EXPECT_TRUE(policy.problems().empty());
    policy.goal = 0;
    policy.quorum = 0;
    policy.deadline = 0ms;
    EXPECT_EQ(policy.problems().size(), 2U);
    policy.quorum = 5;
    EXPECT_EQ(policy.problems().size(), 2U);
    policy.goal = limits::kRoundUpdatesMax + 1;
    EXPECT_EQ(policy.problems().size(), 2U);
}

}  // namespace
}  // namespace skerry::coordinator
