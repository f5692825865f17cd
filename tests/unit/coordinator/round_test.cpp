#include "coordinator/round/round.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
    round.freeze(ModelVersion{1}, {}, {});
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

TEST(RoundPolicy, ListsARuleThatNobodyKnowsAndAQuorumThatIsTooSmallForOne) {
    RoundPolicy policy;
    policy.recipe = {"average", "sgd"};
    EXPECT_THAT(policy.problems(), ElementsAre(HasSubstr("rounds.rule"), HasSubstr("rounds.optimiser")));
    policy.recipe = {"krum(2)", "none"};
    policy.goal = policy.quorum = 6;
    EXPECT_THAT(policy.problems(), ElementsAre(HasSubstr("rounds.quorum must be at least 7")));
    policy.goal = policy.quorum = 2000;
    EXPECT_THAT(policy.problems(), ElementsAre(HasSubstr("rounds.goal must be at most 1024")));
}

}  // namespace
}  // namespace skerry::coordinator
