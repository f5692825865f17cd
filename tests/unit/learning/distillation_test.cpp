#include "edge-node/learning/distillation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::node {
namespace {

using ::testing::Each;

// 100 rows of two classes, all of class 0; so many that light, and the deeper exits, have right.
class DistillationTest : public ::testing::Test {
protected:
    void observe(std::size_t right_of_light, std::size_t right_of_deeper, int times = 1) {
        ForwardResult answers{100, kTiers, 2, {}};
        for (std::size_t row = 0; row < 100; ++row) {
            for (const bool right : {row < right_of_light, row < right_of_deeper, row < right_of_deeper}) {
                answers.logits.push_back(right ? 1.0F : -1.0F);
                answers.logits.push_back(0);
            }
        }
        const std::vector<std::uint32_t> labels(100, 0);
        for (int i = 0; i < times; ++i)
            distillation_.observe(answers, labels);
    }

    Distillation distillation_;
};

TEST_F(DistillationTest, WaitsUntilEnoughLabelsSayThatTheTeacherIsBetter) {
    observe(80, 90, 3);
    distillation_.advance(100);
    EXPECT_THAT(distillation_.weights(0.3F), Each(0));
    observe(80, 90, 10);
    distillation_.advance(150);
    EXPECT_NEAR(distillation_.weights(0.3F)[0], 0.15, 1e-6);
}

TEST_F(DistillationTest, RampsUpToItsMostAndNoFurther) {
    observe(80, 90, 20);
    distillation_.advance(100);
    EXPECT_NEAR(distillation_.weights(0.3F)[0], 0.1, 1e-6);
    distillation_.advance(1000);
    EXPECT_NEAR(distillation_.weights(0.3F)[0], 0.3, 1e-6);
}

TEST_F(DistillationTest, TeachesNoExitThatIsAsGoodAsItsTeacher) {
    observe(80, 90, 20);
    distillation_.advance(1000);
    const auto weights = distillation_.weights(0.3F);
    EXPECT_GT(weights[0], 0);
    EXPECT_EQ(weights[1], 0) << "medium and heavy are alike";
    EXPECT_EQ(weights[2], 0);
}

TEST_F(DistillationTest, TakesNoLuckForKnowledge) {
    // Half a point ahead, but each of the two alone has a tenth of all rows right.
    ForwardResult answers{200, kTiers, 2, {}};
    for (int row = 0; row < 200; ++row) {
        const bool light = row < 20, deeper = row >= 179;
        const bool both = row >= 20 && row < 179;
        for (const bool right : {light || both, deeper || both, deeper || both}) {
            answers.logits.push_back(right ? 1.0F : -1.0F);
            answers.logits.push_back(0);
        }
    }
    const std::vector<std::uint32_t> labels(200, 0);
    for (int i = 0; i < 10; ++i) {
        distillation_.observe(answers, labels);
        distillation_.advance(100);
    }
    EXPECT_THAT(distillation_.weights(0.3F), Each(0));
}

TEST_F(DistillationTest, EndsWhenTheExitHasCaughtUpAndBeginsAgainFromNothing) {
    observe(80, 90, 20);
    distillation_.advance(1000);
    observe(90, 90, 60);
    EXPECT_THAT(distillation_.weights(0.3F), Each(0));
    observe(80, 90, 60);
    EXPECT_THAT(distillation_.weights(0.3F), Each(0));
    distillation_.advance(30);
    EXPECT_NEAR(distillation_.weights(0.3F)[0], 0.03, 1e-6);
}

TEST_F(DistillationTest, GoesOnFromWhatWasSaved) {
    observe(80, 90, 20);
    distillation_.advance(90);
    ByteWriter saved;
    distillation_.save(saved);
    Distillation other;
    ByteReader from(saved.bytes());
    ASSERT_TRUE(other.load(from));
    EXPECT_EQ(other.weights(0.3F), distillation_.weights(0.3F));
    ByteReader cut(ByteView(saved.bytes()).first(saved.bytes().size() - 1));
    EXPECT_FALSE(other.load(cut));
}

}  // namespace
}  // namespace skerry::node
