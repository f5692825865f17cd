#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

Policy synchronous() {
    Policy policy = FederationBench::small_policy();
    policy.rounds.overcommit = 1.5;
    return policy;
}

struct CohortsTest : ::testing::Test {
    FederationBench bench{synchronous()};
    std::vector<FakeNode> nodes;

    void SetUp() override {
        for (int i = 0; i < 6; ++i) {
            nodes.push_back(bench.enrolled());
            bench.say(nodes.back(), wire::Report{});
        }
    }
    wire::FromCoordinator ask(const FakeNode& node, std::uint64_t base) {
        return bench.say(node, wire::LeaseRequest{ModelVersion{base}, Tier::Heavy}).at(0);
    }
    std::vector<FakeNode*> invited(std::uint64_t base) {
        std::vector<FakeNode*> found;
        for (FakeNode& node : nodes) {
            if (std::holds_alternative<wire::LeaseGrant>(ask(node, base))) found.push_back(&node);
        }
        return found;
    }
};

TEST_F(CohortsTest, ARoundInvitesMoreNodesThanItsGoalAndClosesWithTheFirst) {
    const auto cohort = invited(1);
    ASSERT_THAT(cohort, SizeIs(3)) << "1.5 times the goal of 2";
    for (FakeNode& node : nodes) {
        if (std::find(cohort.begin(), cohort.end(), &node) != cohort.end()) continue;
        const auto denied = std::get<wire::LeaseDenied>(ask(node, 1));
        EXPECT_EQ(denied.reason, wire::LeaseDenied::Reason::Wait);
        EXPECT_THAT(denied.text, HasSubstr("round 1 invites 3 nodes"));
    }
    bench.contribute(*cohort[0], kOnes);
    bench.contribute(*cohort[1], kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
}

TEST_F(CohortsTest, WhatComesAfterItsRoundHasClosedIsRefusedAndCountsNowhere) {
    const auto cohort = invited(1);
    const OfferedUpdate late = bench.sealed(*cohort[2], kOnes);
    bench.hold_sums();
    bench.contribute(*cohort[0], kOnes);
    bench.contribute(*cohort[1], kOnes);
    const auto during = std::get<wire::Refusal>(bench.deliver(*cohort[2], late));
    EXPECT_EQ(during.code, wire::RefusalCode::Stale);
    EXPECT_THAT(during.text, HasSubstr("round 1 has closed without it"));
    bench.finish_sums();
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(0));
}

TEST_F(CohortsTest, AnAbandonedRoundIsFollowedByAnotherCohort) {
    const auto first = invited(1);
    bench.contribute(*first[0], kOnes);
    bench.wait(61s);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{1});
    for (const FakeNode& node : nodes)
        bench.say(node, wire::Report{});
    EXPECT_THAT(invited(1), SizeIs(::testing::AllOf(::testing::Ge(2U), ::testing::Le(3U))))
        << "one of them may be the node whose update waits";
}

TEST_F(CohortsTest, MembersThatStaySilentGiveTheirPlacesUpAfterADeadline) {
    const auto first = invited(1);
    bench.wait(59s);
    EXPECT_EQ(invited(1), first);
    std::vector<FakeNode*> others;
    for (FakeNode& node : nodes) {
        if (std::find(first.begin(), first.end(), &node) == first.end()) others.push_back(&node);
    }
    for (int minute = 0; minute < 10; ++minute) {
        bench.wait(60s);
        for (const FakeNode* const node : others)
            bench.say(*node, wire::Report{});
    }
    for (const FakeNode* const node : others)
        EXPECT_TRUE(std::holds_alternative<wire::LeaseGrant>(ask(*node, 1)));
}

TEST_F(CohortsTest, NobodyIsInvitedWhileARoundIsBeingSummed) {
    const auto cohort = invited(1);
    bench.hold_sums();
    bench.contribute(*cohort[0], kOnes);
    bench.contribute(*cohort[1], kOnes);
    EXPECT_THAT(invited(1), SizeIs(0));
    bench.finish_sums();
    EXPECT_THAT(invited(2), SizeIs(3));
}

TEST(TierQuorumTest, WhatADeeperTierAddsTakesAStepOnlyWhereEnoughUpdatesCoverIt) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.goal = policy.rounds.quorum = 3;
    policy.rounds.recipe.tier_quorum = 2;
    FederationBench bench(policy);  // 4, 6 and 8 values
    FakeNode light = bench.enrolled(Tier::Light);
    FakeNode medium = bench.enrolled(Tier::Medium);
    FakeNode heavy = bench.enrolled();
    bench.contribute(light, std::vector<float>(4, 1.0F));
    bench.contribute(medium, std::vector<float>(6, 1.0F));
    bench.contribute(heavy, kOnes);
    EXPECT_EQ(bench.newest_weights(), (std::vector<float>{1.5F, 1.5F, 1.5F, 1.5F, 1.5F, 1.5F, 0.5F, 0.5F}))
        << "two cover medium, one heavy";
    bench.restart();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
}

}  // namespace
}  // namespace skerry::coordinator
