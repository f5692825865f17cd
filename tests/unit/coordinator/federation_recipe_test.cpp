#include <gmock/gmock.h>

#include "common/crypto/hash.hpp"
#include "coordinator/ledger/needed_blobs.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

// A round's rule and optimiser, from the policy to the weights.
namespace skerry::coordinator {
namespace {

using ::testing::Each;

Policy cooking(const std::string& rule, const std::string& optimiser = "none", std::uint64_t nodes = 3) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.goal = policy.rounds.quorum = nodes;
    policy.rounds.recipe = {rule, optimiser};
    policy.versions_kept = 2;
    return policy;
}

std::vector<FakeNode> nodes(FederationBench& bench, std::size_t count) {
    std::vector<FakeNode> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(bench.enrolled());
    return all;
}

void contribute(FederationBench& bench, std::vector<FakeNode>& all, const std::vector<float>& values) {
    for (std::size_t i = 0; i < all.size(); ++i)
        bench.contribute(all[i], std::vector<float>(8, values[i]));
}

// Behind the normaliser's moments, which are no sum.
std::vector<float> trained(const FederationBench& bench) {
    const std::vector<float> weights = bench.newest_weights();
    return {weights.begin() + static_cast<std::ptrdiff_t>(bench.core->model().statistics), weights.end()};
}

TEST(Recipe, OneHostileUpdateOfThreeDoesNotMoveAMedian) {
    FederationBench bench(cooking("median"));
    auto all = nodes(bench, 3);
    const float before = trained(bench).front();
    contribute(bench, all, {0.25F, -30.0F, 0.5F});
    EXPECT_THAT(trained(bench), Each(before + 0.25F));
}

TEST(Recipe, AnOptimiserRemembersTheRoundsBefore) {
    FederationBench bench(cooking("mean", "momentum(1, 0.5)", 2));
    auto all = nodes(bench, 2);
    const float before = trained(bench).front();
    contribute(bench, all, {0.5F, 0.5F});
    EXPECT_THAT(trained(bench), Each(before + 0.5F));
    contribute(bench, all, {0.5F, 0.5F});
    EXPECT_THAT(trained(bench), Each(before + 0.5F + 0.75F));
}

TEST(Recipe, WhatTheOptimiserRemembersOutlivesTheProcess) {
    FederationBench bench(cooking("mean", "momentum(1, 0.5)", 2));
    auto all = nodes(bench, 2);
    const float before = trained(bench).front();
    contribute(bench, all, {0.5F, 0.5F});
    bench.restart();
    bench.hold_sums();
    contribute(bench, all, {0.5F, 0.5F});
    bench.restart();
    bench.finish_sums();
    EXPECT_THAT(trained(bench), Each(before + 0.5F + 0.75F));
}

TEST(Recipe, ARoundThatIsOpenKeepsItsRuleWhenTheCoordinatorRestartsWithAnother) {
    FederationBench bench(cooking("median"));
    auto all = nodes(bench, 3);
    const float before = trained(bench).front();
    bench.contribute(all[0], std::vector<float>(8, 0.25F));
    bench.policy.rounds.recipe.rule = "mean";
    bench.restart();
    bench.contribute(all[1], std::vector<float>(8, 6.0F));
    bench.contribute(all[2], std::vector<float>(8, 0.5F));
    EXPECT_THAT(trained(bench), Each(before + 0.5F));
    contribute(bench, all, {1.0F, 2.0F, 3.0F});
    EXPECT_THAT(trained(bench), Each(before + 0.5F + 2.0F)) << "the next round has the new one";
}

TEST(Recipe, AnotherOptimiserBeginsAnew) {
    FederationBench bench(cooking("mean", "momentum(1, 0.5)", 2));
    auto all = nodes(bench, 2);
    contribute(bench, all, {0.5F, 0.5F});
    const float before = trained(bench).front();
    bench.policy.rounds.recipe.optimiser = "none";
    bench.restart();
    contribute(bench, all, {0.5F, 0.5F});
    EXPECT_THAT(trained(bench), Each(before + 0.5F));
    EXPECT_FALSE(bench.core->newest().optimiser);
}

TEST(Recipe, WhatWasRememberedGoesWithItsVersion) {
    FederationBench bench(cooking("mean", "adam", 2));
    auto all = nodes(bench, 2);
    std::vector<Digest> remembered;
    for (int round = 0; round < 4; ++round) {
        contribute(bench, all, {0.5F, 0.25F});
        ASSERT_TRUE(bench.core->newest().optimiser);
        remembered.push_back(*bench.core->newest().optimiser);
    }
    ledger::NeededBlobs needed;
    for (const ledger::Event& event : bench.journal.events(ledger::kFederationStream))
        needed.apply(event);
    for (std::size_t i = 0; i < remembered.size(); ++i) {
        EXPECT_EQ(*bench.blobs.has(remembered[i]), i >= 2) << i;
        EXPECT_EQ(needed.all().contains(remembered[i]), i >= 2) << i;
    }
}

TEST(Recipe, WhatABucketHoldsIsDrawnWhenTheSetIsFrozenAndOnRecord) {
    FederationBench bench(cooking("bucketing(2), median", "none", 4));
    auto all = nodes(bench, 4);
    for (int round = 0; round < 2; ++round)
        contribute(bench, all, {0.5F, 0.25F, 1.0F, 2.0F});
    std::vector<Digest> seeds;
    for (const ledger::Event& event : bench.journal.events(ledger::kFederationStream)) {
        if (const auto* frozen = std::get_if<ledger::RoundFrozen>(&event)) seeds.push_back(frozen->seed);
    }
    ASSERT_EQ(seeds.size(), 2U);
    EXPECT_NE(seeds[0], Digest{});
    EXPECT_NE(seeds[0], seeds[1]);
}

}  // namespace
}  // namespace skerry::coordinator
