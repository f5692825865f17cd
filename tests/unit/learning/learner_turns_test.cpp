#include "edge-node/learning/learner_turns.hpp"

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

TEST(LearnerTurns, OneLearnsWhileTheOthersWaitInTheirOrder) {
    LearnerTurns turns(1);
    EXPECT_TRUE(turns.begin(0));
    EXPECT_FALSE(turns.begin(2));
    EXPECT_FALSE(turns.begin(1));
    EXPECT_EQ(turns.next(), std::nullopt) << "no turn is free";
    turns.end(0);
    EXPECT_FALSE(turns.begin(0)) << "it had one, and others wait";
    EXPECT_EQ(turns.next(), 2U);
    EXPECT_FALSE(turns.begin(1));
    EXPECT_TRUE(turns.begin(2));
    turns.end(2);
    EXPECT_TRUE(turns.begin(1));
    turns.end(1);
    EXPECT_TRUE(turns.begin(0));
}

TEST(LearnerTurns, AskingOftenGivesNoBetterPlace) {
    LearnerTurns turns(1);
    ASSERT_TRUE(turns.begin(0));
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(turns.begin(1));
    EXPECT_FALSE(turns.begin(2));
    turns.end(0);
    EXPECT_TRUE(turns.begin(1));
    turns.end(1);
    EXPECT_TRUE(turns.begin(2));
}

TEST(LearnerTurns, WhoeverGivesItsPlaceUpHoldsNobodyUp) {
    LearnerTurns turns(1);
    ASSERT_TRUE(turns.begin(0));
    EXPECT_FALSE(turns.begin(1));
    EXPECT_FALSE(turns.begin(2));
    turns.end(0);
    turns.end(1);
    EXPECT_EQ(turns.next(), 2U);
    EXPECT_TRUE(turns.begin(2));
}

TEST(LearnerTurns, MoreCoresLetMoreLearnAtOnce) {
    LearnerTurns turns(2);
    EXPECT_TRUE(turns.begin(0));
    EXPECT_TRUE(turns.begin(1));
    EXPECT_FALSE(turns.begin(2));
    EXPECT_EQ(learners_at_once(1, 1), 1U);
    EXPECT_EQ(learners_at_once(2, 1), 1U);
    EXPECT_EQ(learners_at_once(4, 1), 3U);
    EXPECT_EQ(learners_at_once(4, 8), 1U);
}

}  // namespace
}  // namespace skerry::node
