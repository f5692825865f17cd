#include "coordinator/admission/norms.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skerry::coordinator {
namespace {

constexpr double kMost = 6;

NodeId norm_node(int number) {
    NodeId id;
    id.value[0] = static_cast<std::byte>(number);
    return id;
}

ledger::UpdateAccepted update(double norm, int from = 1, std::uint32_t examples = 100, Tier tier = Tier::Heavy) {
    ledger::UpdateAccepted event;
    event.update = {norm_node(from), Sequence{1}};
    event.norm = norm;
    event.examples = examples;
    event.tier = tier;
    return event;
}

Norms even_fleet(std::size_t updates = 20) {
    Norms norms;
    for (std::size_t k = 0; k < updates; ++k)
        norms.apply(update(k % 2 == 0 ? 1.9 : 2.1, static_cast<int>(k % 5)));
    return norms;
}

TEST(RobustScore, IsTheDistanceFromTheMedianInRobustDeviations) {
    // Median 1.5, MAD 2.
    const std::deque<double> known = {3, -2, 5, 0, 4, -1, 2, 1};
    EXPECT_DOUBLE_EQ(robust_score(10, known), 8.5 / 2.9652);
    EXPECT_DOUBLE_EQ(robust_score(1.5, known), 0);
    EXPECT_DOUBLE_EQ(robust_score(-10, known), -11.5 / 2.9652);
    EXPECT_DOUBLE_EQ(robust_score(10, {1, 2, 9}), 8 / 1.4826) << "an odd number has its median in the middle";
}

TEST(RobustScore, OfAVeryEvenFleetHasAFloor) {
    EXPECT_DOUBLE_EQ(robust_score(3, std::deque<double>(10, 0.0)), 6);
}

TEST(Norms, LetTwentyTimesTheMedianOfAnEvenFleetPassAndNoMore) {
    const Norms norms = even_fleet();
    EXPECT_FALSE(norms.judge(update(12.6), kMost)) << "as a node whose labels change overnight";
    EXPECT_FALSE(norms.judge(update(38), kMost));
    const auto outlier = norms.judge(update(42), kMost);
    ASSERT_TRUE(outlier);
    EXPECT_NEAR(outlier->times, 21, 0.1);
    EXPECT_GT(outlier->score, kMost);
    EXPECT_FALSE(norms.judge(update(42), 0)) << "switched off";
}

TEST(Norms, SayNothingBeforeTheyKnowEight) {
    EXPECT_FALSE(even_fleet(7).judge(update(1000), kMost));
    EXPECT_TRUE(even_fleet(8).judge(update(1000), kMost));
}

TEST(Norms, MindNeitherWhatIsSmallNorWhatMovesNothing) {
    Norms norms = even_fleet();
    EXPECT_FALSE(norms.judge(update(1e-9), kMost));
    for (int k = 0; k < 100; ++k)
        norms.apply(update(0));
    EXPECT_FALSE(norms.judge(update(2), kMost)) << "zeros are not among the known";
}

TEST(Norms, AllowForTheStepsThatAnUpdateHasGathered) {
    const Norms norms = even_fleet();
    EXPECT_TRUE(norms.judge(update(100), kMost));
    EXPECT_FALSE(norms.judge(update(100, 1, 1000), kMost)) << "a node that was away for ten";
}

TEST(Norms, CompareATierWithItself) {
    Norms norms = even_fleet();
    EXPECT_FALSE(norms.judge(update(100, 1, 100, Tier::Light), kMost));
    for (int k = 0; k < 8; ++k)
        norms.apply(update(0.2, k, 100, Tier::Light));
    EXPECT_TRUE(norms.judge(update(100, 1, 100, Tier::Light), kMost));
    EXPECT_FALSE(norms.judge(update(2), kMost));
}

TEST(Norms, FollowTheFleetAsItsNormsFallAndRise) {
    Norms norms;
    double norm = 50;
    for (int k = 0; k < 200; ++k, norm = std::max(norm * 0.9, 0.05)) {
        EXPECT_FALSE(norms.judge(update(norm, k % 5), kMost)) << k;
        norms.apply(update(norm, k % 5));
    }
    EXPECT_TRUE(norms.judge(update(50), kMost)) << "what was usual at first is not any more";
}

TEST(Norms, LearnNothingFromANodeInQuarantineUntilItIsReleased) {
    Norms norms = even_fleet(8);
    norms.apply(ledger::NodeQuarantined{{}, norm_node(9), {}, ""});
    norms.apply(update(100, 9));
    EXPECT_TRUE(norms.judge(update(100, 9), kMost));
    norms.apply(ledger::NodeReleased{{}, norm_node(9)});
    EXPECT_FALSE(norms.judge(update(190, 9), kMost)) << "the operator has seen such a one";
    EXPECT_TRUE(norms.judge(update(210, 9), kMost));
    EXPECT_TRUE(norms.judge(update(100, 1), kMost)) << "of another node he has not";
}

TEST(Norms, ClearNothingThatTheOperatorHasDiscarded) {
    Norms norms = even_fleet(8);
    norms.apply(ledger::NodeQuarantined{{}, norm_node(9), {}, ""});
    norms.apply(update(100, 9));
    norms.apply(ledger::UpdateSetAside{{}, RoundId{1}, {norm_node(9), Sequence{1}}, "discarded"});
    norms.apply(ledger::NodeReleased{{}, norm_node(9)});
    EXPECT_TRUE(norms.judge(update(100, 9), kMost));
}

}  // namespace
}  // namespace skerry::coordinator
