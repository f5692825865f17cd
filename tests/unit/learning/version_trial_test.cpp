#include "edge-node/learning/version_trial.hpp"

#include <gmock/gmock.h>

#include "tests/unit/learning/softmax_engine.hpp"

namespace skerry::node {
namespace {

using testing::small_spec;
using testing::SoftmaxEngine;

// Logits of three exits and two classes: by how much each exit is for class 1.
ForwardResult answers(std::vector<std::array<float, kTiers>> rows) {
    ForwardResult result{rows.size(), kTiers, 2, {}};
    for (const auto& row : rows)
        for (const float lead : row)
            result.logits.insert(result.logits.end(), {-lead, lead});
    return result;
}

TEST(VersionTrialTest, CountsWhereTheTwoDifferInBeingRightAndInTheExitThatAnswers) {
    const Router router;
    const std::array<float, kTiers> sure_of_one{9, 9, 9}, sure_of_zero{-9, -9, -9};
    // A tie at the first exit sends the row to the deepest.
    const std::array<float, kTiers> deep_one{0, 0, 9}, deep_zero{0, 0, -9};
    const std::vector<std::uint32_t> ones(5, 1);
    const wire::TrialCounts counts =
        compare(answers({sure_of_one, sure_of_one, sure_of_zero, deep_one, sure_of_one}),
                answers({sure_of_one, sure_of_zero, sure_of_one, sure_of_one, deep_zero}), ones, router);
    EXPECT_EQ(counts.samples, 5U);
    EXPECT_EQ(counts.better, 1U);
    EXPECT_EQ(counts.worse, 2U);
    EXPECT_EQ(counts.cheaper, 1U);
    EXPECT_EQ(counts.dearer, 1U);
    EXPECT_TRUE(counts.consistent());
}

struct CompareVersionsTest : ::testing::Test {
    parameters::ModelSpec spec = small_spec();
    SoftmaxEngine engine{spec};
    std::size_t length = parameters::ParameterLayout::of(spec)->prefix(Tier::Heavy);
    std::vector<feedback::LabelledSample> batch;
    std::optional<std::optional<wire::TrialCounts>> told;

    void add(std::vector<float> values, std::uint32_t label) {
        feedback::LabelledSample labelled;
        labelled.prediction.sample = copy_of(std::as_bytes(std::span(values)));
        labelled.label = label;
        batch.push_back(labelled);
    }
    void ask(std::vector<float> before, std::vector<float> after) {
        compare_versions(engine, spec, std::make_shared<const Rivals>(Rivals{std::move(before), std::move(after)}),
                         batch, std::make_shared<const Router>(), [this](auto counts) { told = counts; });
    }
};

TEST_F(CompareVersionsTest, AsksBothVersionsOfTheSameRowsAndPassesOverThoseThatDoNotFit) {
    add({1, 2, 3, 4}, 1);
    add({1, 2, 3}, 1);
    add({1, 2, 3, 4}, 3);
    ask(std::vector<float>(length, 0.5F), std::vector<float>(length, 0.25F));
    ASSERT_TRUE(told && *told);
    EXPECT_EQ((*told)->samples, 1U);
    EXPECT_EQ(engine.forwards.size(), 2U);
    EXPECT_EQ(engine.forwards[0].front(), 0.5F);
    EXPECT_EQ(engine.forwards[1].front(), 0.25F);
}

TEST_F(CompareVersionsTest, DecidesNothingWhereAnAnswerIsNotFinite) {
    add({1, 2, 3, 4}, 1);
    std::vector<float> broken(length, 0.5F);
    broken.back() = std::numeric_limits<float>::quiet_NaN();
    ask(std::vector<float>(length, 0.5F), broken);
    ASSERT_TRUE(told);
    EXPECT_FALSE(*told);
}

}  // namespace
}  // namespace skerry::node
