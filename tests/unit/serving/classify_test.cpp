#include "edge-node/serving/classify.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;

Answer ask(const std::vector<float>& input, Tier held = Tier::Heavy, Tier deepest = Tier::Heavy) {
    ClassifyScratch scratch;
    return classify(*testing::small_snapshot(held), input, Router(), deepest, scratch);
}

TEST(Classify, AnswersObviousSamplesAtTheLightExit) {
    const Answer answer = ask({1, 0});
    EXPECT_EQ(answer.tier, Tier::Light);
    EXPECT_EQ(answer.reading.predicted, 0U);
    EXPECT_EQ(answer.reading.margin, 1.0F);
    EXPECT_EQ(answer.score, 0.0F);
    EXPECT_THAT(answer.reading.probabilities, ElementsAre(1.0F, 0.0F));
}

TEST(Classify, SendsATieToTheHeavyExitAndKeepsTheScoreThatSentIt) {
    const Answer answer = ask({1, 1});
    EXPECT_EQ(answer.tier, Tier::Heavy);
    EXPECT_EQ(answer.reading.predicted, 1U);
    EXPECT_EQ(answer.reading.margin, 1.0F);
    EXPECT_EQ(answer.score, 1.0F);
}

TEST(Classify, AnswersWithTheDeepestExitThatItHoldsOrMayUse) {
    EXPECT_EQ(ask({1, 1}, Tier::Light).tier, Tier::Light);
    EXPECT_EQ(ask({1, 1}, Tier::Medium).tier, Tier::Medium);
    EXPECT_EQ(ask({1, 1}, Tier::Heavy, Tier::Light).tier, Tier::Light);
    EXPECT_EQ(ask({1, 1}, Tier::Heavy, Tier::Medium).tier, Tier::Medium);
    EXPECT_EQ(ask({1, 1}, Tier::Medium, Tier::Heavy).score, 1.0F);
}

TEST(Classify, ScoresTellTheTierThatAnsweredOnANodeThatHoldsAll) {
    Random random(1);
    parameters::ModelSpec spec = parameters::testing::table(3);
    const auto model = *Model::of(spec);
    std::array<int, kTiers> seen{};
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        auto values = parameters::initial_parameters(spec, model->layout, seed);
        const auto snapshot = make_snapshot(model, {}, values, plain_executor);
        ASSERT_TRUE(snapshot);
        ClassifyScratch scratch;
        const float size = static_cast<float>(random.uniform(0, 4));
        const Answer answer = classify(**snapshot, {size, -size, size}, Router(), Tier::Heavy, scratch);
        const Tier expected = answer.score < 0.3F ? Tier::Light : answer.score < 0.7F ? Tier::Medium : Tier::Heavy;
        ASSERT_EQ(answer.tier, expected) << answer.score;
        ++seen[static_cast<std::size_t>(answer.tier)];

        const auto exits = all_exits(**snapshot, {size, -size, size}, scratch);
        ASSERT_EQ(exits[static_cast<std::size_t>(answer.tier)], answer.logits);
    }
    EXPECT_THAT(seen, ::testing::Each(::testing::Gt(20)));
}

TEST(Classify, GivesEveryExitThatIsHeld) {
    ClassifyScratch scratch;
    const auto exits = all_exits(*testing::small_snapshot(Tier::Medium), {1, 0}, scratch);
    EXPECT_TRUE(exits[0] && exits[1]);
    EXPECT_FALSE(exits[2]);
}

TEST(MakeSnapshot, RefusesWeightsThatAreNotFiniteOrNoTier) {
    const auto model = *Model::of(testing::small_spec());
    std::vector<float> values = testing::small_parameters();
    values[9] = std::nanf("");
    EXPECT_FALSE(make_snapshot(model, {}, values, plain_executor));
    values[9] = 0;
    values.pop_back();
    EXPECT_FALSE(make_snapshot(model, {}, values, plain_executor));
}

}  // namespace
}  // namespace skerry::node
