#include "edge-node/fusion/fusion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::node {
namespace {

using ::testing::FloatNear;

const std::vector<float> kSure = {0.9F, 0.05F, 0.05F};
const std::vector<float> kTorn = {0.4F, 0.4F, 0.2F};

TEST(ProductOfExperts, MultipliesWhatExpertsSay) {
    const ExitReading reading = ProductOfExperts(2).fused({kSure, kTorn});
    EXPECT_EQ(reading.predicted, 0U);
    // 0.36 : 0.02 : 0.01
    EXPECT_THAT(reading.probability, FloatNear(0.36F / 0.39F, 1e-4F));
    EXPECT_THAT(reading.margin, FloatNear(0.34F / 0.39F, 1e-4F));
}

TEST(ProductOfExperts, SaysWhatTheOnlyOneSaysThatWasAsked) {
    EXPECT_THAT(ProductOfExperts(2).fused({std::nullopt, kSure}).probability, FloatNear(0.9F, 1e-4F));
}

TEST(ProductOfExperts, LetsNoExpertAloneRuleAClassOut) {
    const std::vector<float> never = {0.0F, 1.0F}, nearly = {0.9999999F, 0.0000001F};
    EXPECT_LT(ProductOfExperts(2).fused({never, nearly}).margin, 0.6F);
}

/// An expert who is right so often, as sure as it should be; three classes.
std::vector<float> opinion(std::uint32_t truth, double right, Random& random) {
    const bool knows = random.uniform() < right;
    const auto said = static_cast<std::size_t>(knows ? truth : (truth + 1 + random.below(2)) % 3);
    std::vector<float> probabilities(3, 0.15F);
    probabilities[said] = 0.7F;
    return probabilities;
}

TEST(ProductOfExperts, LearnsWhomToBelieve) {
    ProductOfExperts experts(2);
    Random random(1);
    for (int i = 0; i < 3000; ++i) {
        const auto truth = static_cast<std::uint32_t>(random.below(3));
        experts.learn({opinion(truth, 0.95, random), opinion(truth, 1.0 / 3, random)}, truth);
    }
    EXPECT_GT(experts.weights()[0], 1.5);  // right more often than it says
    EXPECT_LT(experts.weights()[1], 0.3);  // knows nothing
}

TEST(ProductOfExperts, CountsOneWhoOnlyRepeatsAnotherLess) {
    ProductOfExperts experts(2);
    Random random(2);
    for (int i = 0; i < 3000; ++i) {
        const auto truth = static_cast<std::uint32_t>(random.below(3));
        const auto said = opinion(truth, 0.7, random);
        experts.learn({said, said}, truth);
    }
    EXPECT_NEAR(experts.weights()[0] + experts.weights()[1], 1, 0.3);
}

TEST(ProductOfExperts, KeepsItsWeightsWithinBoundsWhateverComes) {
    ProductOfExperts wrong(1), right(1);
    for (int i = 0; i < 2000; ++i) {
        wrong.learn({std::vector<float>{0.6F, 0.4F}}, 1);
        right.learn({std::vector<float>{0.6F, 0.4F}}, 0);
    }
    EXPECT_EQ(wrong.weights()[0], 0);
    EXPECT_EQ(right.weights()[0], ProductOfExperts::kWeightMax);
}

Fusion fusion_of_two() {
    return Fusion(2, 0.3F, std::make_shared<RememberedOpinions>());
}

TEST(Fusion, AsksNobodyDeeperOnceTheAnswerIsGoodEnough) {
    const Fusion fusion = fusion_of_two();
    EXPECT_FALSE(fusion.next({kSure, kSure}, {true, true}));
    EXPECT_EQ(fusion.next({kTorn, kTorn}, {false, true}), 1U);
    EXPECT_EQ(fusion.next({kTorn, kTorn}, {true, true}), 0U);
    EXPECT_FALSE(fusion.next({kTorn, kTorn}, {false, false}));
}

TEST(Fusion, AsksTheOneWhoIsBelievedMostFirst) {
    Fusion fusion = fusion_of_two();
    fusion.remember("a", {kTorn, kSure});
    EXPECT_TRUE(fusion.learn("a", 0));
    EXPECT_EQ(fusion.next({kTorn, kTorn}, {true, true}), 1U);
}

TEST(Fusion, LearnsFromEachAnswerOnce) {
    Fusion fusion = fusion_of_two();
    fusion.remember("first", {kSure, kTorn});
    EXPECT_TRUE(fusion.learn("first", 0));
    EXPECT_FALSE(fusion.learn("first", 0));
    EXPECT_FALSE(fusion.learn("never", 0));
}

TEST(Fusion, TellsItsQuestionsFromThoseOfOthersThatShareTheMemory) {
    const auto shared = std::make_shared<RememberedOpinions>();
    Fusion one(2, 0.3F, shared), other(3, 0.3F, shared);
    one.remember("a", {kSure, kTorn});
    EXPECT_FALSE(other.learn("a", 0));
    EXPECT_TRUE(one.learn("a", 0));
}

TEST(RememberedOpinions, HoldNoMoreBytesThanTheyMayHoweverManyClassesAndAskers) {
    RememberedOpinions remembered;
    const std::uint64_t askers[] = {remembered.new_asker(), remembered.new_asker()};
    const std::vector<float> wide(1024, 1.0F / 1024);
    for (int i = 0; i < 2000; ++i)
        remembered.put(askers[i % 2], std::to_string(i), {wide, kSure});
    EXPECT_LE(remembered.bytes(), RememberedOpinions::kBytesMax);
    EXPECT_GT(remembered.bytes(), RememberedOpinions::kBytesMax / 10 * 9);
    EXPECT_FALSE(remembered.take(askers[0], "0")) << "the oldest leaves";
    EXPECT_TRUE(remembered.take(askers[1], "1999"));
    remembered.put(askers[0], "more than all", {std::vector<float>(RememberedOpinions::kBytesMax / 4)});
    EXPECT_TRUE(remembered.take(askers[0], "1998")) << "what is too large pushes nothing out";
    EXPECT_FALSE(remembered.take(askers[0], "more than all"));
}

TEST(RememberedOpinions, GiveBackTheBytesOfWhatIsTakenOrReplaced) {
    RememberedOpinions remembered;
    const std::uint64_t asker = remembered.new_asker();
    remembered.put(asker, "a", {kSure, kTorn});
    const std::size_t one = remembered.bytes();
    remembered.put(asker, "a", {kTorn, kSure});
    EXPECT_EQ(remembered.bytes(), one);
    EXPECT_EQ(remembered.take(asker, "a"), ExpertOpinions({kTorn, kSure})) << "the newest counts";
    EXPECT_EQ(remembered.bytes(), 0U);
}

}  // namespace
}  // namespace skerry::node
