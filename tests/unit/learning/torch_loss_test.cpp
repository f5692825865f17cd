#include "tests/unit/learning/torch_loss_fixture.hpp"

// What the engine minimises: its loss against the text of it, its gradient against differences.
namespace skerry::node {
namespace {

class TorchLossTest : public testing::TorchLossFixture {};

INSTANTIATE_TEST_SUITE_P(BothModalities, TorchLossTest,
                         ::testing::Values(testing::image_spec(), testing::tabular_spec()),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(TorchLossTest, HasTheGradientOfItsLoss) {
    expect_the_gradient_of_the_loss();
}

TEST_P(TorchLossTest, HasTheGradientOfItsLossWhereLabelsAreWrong) {
    plan_.label_noise = 0.3F;
    expect_the_gradient_of_the_loss();
}

TEST_P(TorchLossTest, TellsTheLossOfEachStepWithoutTheProximalTerm) {
    plan_.proximal = 0;
    const double expected = loss(theta_);
    static_cast<void>(gradient(theta_));
    EXPECT_NEAR(double{loss_told_}, expected, 1e-4);
}

TEST_P(TorchLossTest, DistilsFromTheDeeperExitsWithoutTeachingThem) {
    plan_.proximal = 0;
    plan_.logit_weight = 0;
    const auto head = [&](const std::vector<float>& gradient, Tier tier) {
        const auto& block = layout_.block(std::string(name_of(tier)) + ".head.weight");
        const auto first = gradient.begin() + static_cast<std::ptrdiff_t>(block.offset);
        return std::vector<float>(first, first + static_cast<std::ptrdiff_t>(block.count));
    };
    const auto alone = gradient(theta_);
    const float plain = loss_told_;
    plan_.distillation = {0.3F, 0.2F, 0.9F};
    const double expected = loss(theta_);
    const auto taught = gradient(theta_);
    EXPECT_NEAR(double{loss_told_}, expected, 1e-4);
    EXPECT_GT(loss_told_, plain);
    EXPECT_EQ(head(alone, Tier::Heavy), head(taught, Tier::Heavy));
    EXPECT_NE(head(alone, Tier::Light), head(taught, Tier::Light));
}

TEST_P(TorchLossTest, MovesAnAdversarialRowWhereItsLossRises) {
    plan_.proximal = 0;
    plan_.logit_weight = 0;
    plan_.steps[0] = {{0, 0, 1, {}}};
    plan_.learning_rate = 0;
    static_cast<void>(gradient(theta_));
    const float still = loss_told_;
    for (const float distance : {0.01F, 0.02F}) {
        plan_.steps[0][0].adversarial = distance;
        static_cast<void>(gradient(theta_));
        EXPECT_GT(loss_told_, still * 1.0001F);
        // No step of this length, any way, raises it more than the sum of all slopes.
        const std::vector<float> rows = rows_;
        rows_[0] += distance;
        plan_.steps[0][0].adversarial = 0;
        const float adversarial = loss_told_;
        static_cast<void>(gradient(theta_));
        EXPECT_LT(loss_told_, adversarial);
        rows_ = rows;
    }
}

TEST_P(TorchLossTest, ClipsTheGradientToItsLongestNorm) {
    plan_.gradient_norm_max = 0.01F;
    double norm = 0;
    for (const float g : gradient(theta_))
        norm += double{g} * double{g};
    EXPECT_NEAR(std::sqrt(norm), 0.01, 1e-4);
}

}  // namespace
}  // namespace skerry::node
