#include <gmock/gmock.h>

#include "aggregation/optimisers/server_optimiser.hpp"
#include "coordinator/round/summing.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

struct ReleaseTest : ::testing::Test {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();

    void close_a_round() {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    }
    std::vector<wire::FromCoordinator> roll_back(std::uint64_t to, bool pin = false) {
        return bench.tell(OperatorRollsBack{1, ModelVersion{to}, "it confuses 4 and 9", pin});
    }
    [[nodiscard]] Error refused() const { return bench.answers.back().error(); }
};

TEST_F(ReleaseTest, ARollbackPublishesTheOldWeightsUnderTheNextNumberAndTellsTheFleet) {
    close_a_round();
    close_a_round();
    const auto old = bench.core->versions().at(ModelVersion{2});
    const auto said = roll_back(2);
    ASSERT_TRUE(bench.answers.back());
    EXPECT_EQ(bench.core->newest().version, ModelVersion{4});
    EXPECT_EQ(bench.core->newest().weights, old.weights);
    ASSERT_THAT(said, SizeIs(2)) << "both are there";
    const auto manifest =
        wire::open_manifest(std::get<wire::Announcement>(said[0]).manifest, bench.keys.signing.verify_key());
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->version, ModelVersion{4});
    EXPECT_EQ(manifest->parent, ModelVersion{3});
    EXPECT_EQ(manifest->digests, wire::open_manifest(old.manifest, bench.keys.signing.verify_key())->digests);
    EXPECT_EQ(manifest->updates, 0U);
}

TEST_F(ReleaseTest, RoundsGoOnFromTheOldWeights) {
    close_a_round();
    const std::vector<float> at_two = bench.newest_weights();
    close_a_round();
    bench.contribute(first, kOnes);
    roll_back(2);
    bench.restart();
    bench.contribute(second, kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{5});
    EXPECT_EQ(bench.newest_manifest().updates, 2U) << "what waited counts, once";
    EXPECT_FLOAT_EQ(bench.newest_weights().back(), at_two.back() + 1);
}

TEST_F(ReleaseTest, ARollbackIsRefusedWithASentenceThatSaysWhatToDo) {
    close_a_round();
    roll_back(2);
    EXPECT_THAT(refused().message, HasSubstr("has the weights of version 2 already"));
    roll_back(9);
    EXPECT_EQ(refused().code, ErrorCode::NotFound);
    EXPECT_THAT(refused().message, HasSubstr("'skerry model list'"));
    bench.hold_sums();
    close_a_round();
    roll_back(1);
    EXPECT_THAT(refused().message, HasSubstr("round 2 is being summed"));
    bench.tell(OperatorPinsVersion{1, "demo"});
    EXPECT_THAT(refused().message, HasSubstr("round 2 is being summed"));
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
}

TEST_F(ReleaseTest, WhileAVersionIsPinnedRoundsGatherAndNoneCloses) {
    close_a_round();
    bench.tell(OperatorPinsVersion{1, "demo for the board"});
    ASSERT_TRUE(bench.answers.back());
    close_a_round();
    bench.wait(24h);
    bench.restart();
    bench.wait(24h);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_EQ(bench.core->pin()->reason, "demo for the board");
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(2)) << "both have their receipts";
    roll_back(1);
    EXPECT_THAT(refused().message, HasSubstr("demo for the board"));
    EXPECT_THAT(refused().message, HasSubstr("--pin"));
    bench.tell(OperatorPinsVersion{1, "again"});
    EXPECT_THAT(refused().message, HasSubstr("'skerry model unpin'"));
    bench.tell(OperatorUnpinsVersion{1});
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
    bench.tell(OperatorUnpinsVersion{1});
    EXPECT_THAT(refused().message, HasSubstr("no version is pinned"));
}

TEST_F(ReleaseTest, ARollbackThatPinsKeepsTheOldWeights) {
    close_a_round();
    bench.contribute(first, kOnes);
    roll_back(1, true);
    bench.contribute(second, kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
    EXPECT_EQ(bench.newest_weights(), std::vector<float>(8, 0.5F));
    EXPECT_TRUE(bench.core->pin());
}

TEST_F(ReleaseTest, ARollbackOfADeeperTierKeepsTheOthersAsTheyAre) {
    close_a_round();
    const auto digests = [&] { return bench.newest_manifest().digests; };
    const auto before = digests();
    std::vector<float> learned = bench.newest_weights();
    ASSERT_NE(learned[7], 0.5F);
    const JoinedWeights joined = bench.joined(ModelVersion{1}, Tier::Heavy);
    bench.tell(OperatorRollsBack{1, ModelVersion{1}, "heavy is overfit", false, {}, {}, joined});
    ASSERT_TRUE(bench.answers.back());
    bench.restart();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
    EXPECT_EQ(digests()[0], before[0]);
    EXPECT_EQ(digests()[1], before[1]);
    learned[6] = learned[7] = 0.5F;
    EXPECT_EQ(bench.newest_weights(), learned);

    bench.tell(
        OperatorRollsBack{1, ModelVersion{1}, "again", false, {}, {}, bench.joined(ModelVersion{1}, Tier::Heavy)});
    EXPECT_THAT(bench.answers.back().error().message, HasSubstr("has this part of version 1 already"));
}

TEST_F(ReleaseTest, ARollbackOfATierIsOfTheVersionThatItsOperatorSaw) {
    close_a_round();
    const JoinedWeights joined = bench.joined(ModelVersion{1}, Tier::Medium);
    close_a_round();
    bench.tell(OperatorRollsBack{1, ModelVersion{1}, "too late", false, {}, {}, joined});
    EXPECT_EQ(bench.answers.back().error().code, ErrorCode::Conflict);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
}

TEST(JoinedMemory, BeginsAnewWhereTheOldVersionHadNone) {
    const auto spec = *aggregation::parse_optimiser("adam");
    aggregation::ServerOptimiser newest(spec, 8);
    std::vector<float> weights(8);
    newest.step(kOnes, weights, 0, 8);
    const Bytes fresh = aggregation::ServerOptimiser(spec, 8).encode();
    ModelShape model;
    model.values = {4, 6, 8};
    const Bytes both = joined_memory(newest.encode(), {}, "adam", model, Tier::Heavy);
    EXPECT_EQ(both, *aggregation::ServerOptimiser::joined(newest.encode(), fresh, 6));
    EXPECT_TRUE(joined_memory({}, newest.encode(), "adam", model, Tier::Heavy).empty());
    EXPECT_TRUE(joined_memory(newest.encode(), {}, "none", model, Tier::Heavy).empty()) << "no round goes on from it";
}

TEST_F(ReleaseTest, ARollbackOfAPinnedVersionPinsTheOldWeightsInItsPlace) {
    close_a_round();
    bench.tell(OperatorPinsVersion{1, "stop: it confuses 4 and 9"});
    close_a_round();
    roll_back(1, true);
    ASSERT_TRUE(bench.answers.back());
    bench.restart();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3}) << "no round has closed on the bad one";
    EXPECT_EQ(bench.newest_weights(), std::vector<float>(8, 0.5F));
    EXPECT_EQ(bench.core->pin()->reason, "it confuses 4 and 9");
}

TEST_F(ReleaseTest, APinnedFleetAsksForLeasesSeldom) {
    bench.contribute(first, kOnes);
    bench.tell(OperatorPinsVersion{1, "demo"});
    bench.wait(24h);
    const auto said = bench.say(first, wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    EXPECT_EQ(std::get<wire::LeaseDenied>(said.at(0)).retry_after, 30s);
}

TEST_F(ReleaseTest, WeightsThatAreBackOutliveTheVersionThatHadThemFirst) {
    Policy policy = FederationBench::small_policy();
    policy.versions_kept = 2;
    FederationBench small(policy);
    FakeNode one = small.enrolled();
    FakeNode two = small.enrolled();
    const auto close = [&] {
        small.contribute(one, kOnes);
        small.contribute(two, kOnes);
    };
    close();
    small.tell(OperatorRollsBack{1, ModelVersion{1}, "first try", false});
    ASSERT_EQ(small.core->versions().begin()->first, ModelVersion{2});
    small.restart();
    EXPECT_EQ(small.newest_weights(), std::vector<float>(8, 0.5F));
    close();
    EXPECT_EQ(small.core->newest().version, ModelVersion{4});
}

}  // namespace
}  // namespace skerry::coordinator
