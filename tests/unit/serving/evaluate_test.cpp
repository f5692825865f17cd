#include "edge-node/serving/evaluate.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

/// Samples of two features from a list.
class Listed final : public datasets::SampleSource {
public:
    struct Row {
        float x, y;
        std::uint32_t label;
    };
    explicit Listed(std::vector<Row> rows) : rows_(std::move(rows)) {}
    Result<std::optional<datasets::Sample>> next() override {
        if (at_ == rows_.size()) return std::optional<datasets::Sample>();
        datasets::Sample sample{Bytes(2 * sizeof(float)), rows_[at_].label};
        std::memcpy(sample.input.data(), &rows_[at_].x, sizeof(float));
        std::memcpy(sample.input.data() + sizeof(float), &rows_[at_].y, sizeof(float));
        ++at_;
        return sample;
    }
    [[nodiscard]] bool endless() const override { return endless_; }
    bool endless_ = false;

private:
    std::vector<Row> rows_;
    std::size_t at_ = 0;
};

parameters::ExportedModel exported(Tier tier) {
    parameters::ExportedModel model;
    model.spec = testing::small_spec();
    model.version = ModelVersion{7};
    model.tier = tier;
    model.parameters = testing::small_parameters();
    model.parameters.resize(parameters::ParameterLayout::of(model.spec)->prefix(tier));
    return model;
}

TEST(Evaluate, CountsEachExitAndTheRoute) {
    // Two ties: light and medium say "down" to both, heavy "up".
    Listed source({{1, 0, 0}, {0, 1, 1}, {0, 1, 0}, {1, 1, 1}, {1, 1, 0}, {1, 0, 0}});
    const auto result = evaluate(exported(Tier::Heavy), source, Router(), plain_executor);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->samples, 6U);
    EXPECT_EQ(result->correct_of_exit[0], 4U);
    EXPECT_EQ(result->correct_of_exit[1], 4U);
    EXPECT_EQ(result->correct_of_exit[2], 2U);
    EXPECT_EQ(result->routed_correct(), 4U);
    EXPECT_THAT(result->correct_of_class, ::testing::ElementsAre(2, 2));
    EXPECT_DOUBLE_EQ(result->balanced(), 0.75);
    EXPECT_THAT(result->routed, ::testing::ElementsAre(4, 0, 2));
    EXPECT_TRUE(result->median_time[0] && result->median_time[2]);
    EXPECT_FALSE(result->median_time[1]);
    EXPECT_EQ(result->majority_correct(), 4U);
}

TEST(Evaluate, LeavesOutExitsThatAreNotHeld) {
    Listed source({{1, 0, 0}, {1, 1, 1}});
    const auto result = evaluate(exported(Tier::Light), source, Router(), plain_executor);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->correct_of_exit[0], 1U);
    EXPECT_FALSE(result->correct_of_exit[1]);
    EXPECT_THAT(result->routed, ::testing::ElementsAre(2, 0, 0));
}

TEST(Evaluate, RefusesDataThatNeverEndsOrNeverBegins) {
    Listed empty({});
    EXPECT_FALSE(evaluate(exported(Tier::Heavy), empty, Router(), plain_executor));
    empty.endless_ = true;
    EXPECT_FALSE(evaluate(exported(Tier::Heavy), empty, Router(), plain_executor));
}

}  // namespace
}  // namespace skerry::node
