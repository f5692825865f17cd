#include "tests/unit/learning/torch_engine_fixture.hpp"

// What the engine answers, and what it refuses.
namespace skerry::node {
namespace {

using testing::kHere;

class TorchEngineTest : public testing::TorchEngineFixture {};

INSTANTIATE_TEST_SUITE_P(BothModalities, TorchEngineTest,
                         ::testing::Values(testing::image_spec(), testing::tabular_spec()),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(TorchEngineTest, AnswersTheSameFromAPrefixAsFromTheWhole) {
    std::vector<float> whole(kRows * 3 * 3), light(kRows * 3), medium(kRows * 2 * 3);
    ASSERT_TRUE(engine_.forward(theta_, rows_, whole));
    ASSERT_TRUE(engine_.forward(std::span(theta_).first(layout_.prefix(Tier::Light)), rows_, light));
    ASSERT_TRUE(engine_.forward(std::span(theta_).first(layout_.prefix(Tier::Medium)), rows_, medium));
    for (std::size_t row = 0; row < kRows; ++row) {
        for (std::size_t c = 0; c < 3; ++c) {
            EXPECT_EQ(whole[row * 9 + c], light[row * 3 + c]);
            EXPECT_EQ(whole[row * 9 + 3 + c], medium[row * 6 + 3 + c]);
        }
    }
}

TEST_P(TorchEngineTest, RefusesSizesThatDoNotFit) {
    std::vector<float> logits(kRows * 9);
    EXPECT_FALSE(engine_.forward(std::span(theta_).first(7), rows_, logits));
    EXPECT_FALSE(engine_.forward(theta_, std::span(rows_).first(7), logits));
    EXPECT_FALSE(engine_.forward(theta_, {}, logits));
    EXPECT_FALSE(engine_.forward(theta_, rows_, std::span(logits).first(3)));
    std::vector<float> memory(theta_.size() + 3), losses(1);
    EXPECT_FALSE(engine_.train({theta_, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere));
    memory.assign(2 * theta_.size(), 0);
    EXPECT_TRUE(engine_.train({theta_, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere));
    plan_.class_target_share = 0.2F;
    EXPECT_FALSE(engine_.train({theta_, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere)) << "no targets";
}

}  // namespace
}  // namespace skerry::node
