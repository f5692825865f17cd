#include "tests/unit/learning/torch_loss_fixture.hpp"

// What the engine learns of what its classes are like.
namespace skerry::node {
namespace {

class TorchClassTargetsTest : public testing::TorchLossFixture {};

INSTANTIATE_TEST_SUITE_P(BothModalities, TorchClassTargetsTest,
                         ::testing::Values(testing::image_spec(), testing::tabular_spec()),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(TorchClassTargetsTest, LearnsWhatItsClassesAreLikeInTheDeepestExitAlone) {
    plan_.proximal = 0;
    plan_.logit_weight = 0;
    plan_.class_targets = {0.7F, 0.2F, 0.1F, 0, 1, 0, 0.3F, 0.3F, 0.4F};  // with certainty too: 0·log 0 is 0
    for (const Tier held : {Tier::Light, Tier::Medium, Tier::Heavy}) {
        auto theta = theta_;
        theta.resize(layout_.prefix(held));
        plan_.class_target_share = 0;
        static_cast<void>(gradient(theta));
        const float plain = loss_told_;
        plan_.class_target_share = 0.2F;
        const double expected = loss(theta);
        static_cast<void>(gradient(theta));
        EXPECT_NEAR(double{loss_told_}, expected, 1e-4);
        EXPECT_GT(std::abs(loss_told_ - plain), 1e-3F);
    }
}

TEST_P(TorchClassTargetsTest, HasTheGradientOfItsLossWithClassTargets) {
    plan_.class_targets = {0.7F, 0.2F, 0.1F, 0, 1, 0, 0.3F, 0.3F, 0.4F};
    plan_.class_target_share = 0.5F;
    plan_.label_noise = 0.1F;
    expect_the_gradient_of_the_loss();
}

// One row whose logits are the head's bias: z = (0.5, −0.25, 1), label 0, targets (0.8, 0.2, 0). softmax(z/2) =
// (0.33655, 0.23131, 0.43214), so KL = 0.8·ln(0.8/0.33655) + 0.2·ln(0.2/0.23131) = 0.66360; CE = ln(Σexp z) − 0.5
// = 1.13818.
TEST_P(TorchClassTargetsTest, TellsTheNumbersThatAreComputedByHand) {
    theta_.resize(layout_.prefix(Tier::Light));
    const auto& weight = layout_.block("light.head.weight");
    std::fill_n(theta_.begin() + static_cast<std::ptrdiff_t>(weight.offset), weight.count, 0.0F);
    const std::array<float, 3> bias{0.5F, -0.25F, 1};
    std::copy(bias.begin(), bias.end(),
              theta_.begin() + static_cast<std::ptrdiff_t>(layout_.block("light.head.bias").offset));
    plan_ = {};
    plan_.steps = {{{0, 0, 1, {}}}};
    plan_.class_targets = {0.8F, 0.2F, 0, 0, 1, 0, 0, 0, 1};
    plan_.class_target_share = 0.25F;
    static_cast<void>(gradient(theta_));
    EXPECT_NEAR(loss_told_, 0.75 * 1.13818 + 0.25 * 4 * 0.66360, 1e-4);
}

}  // namespace
}  // namespace skerry::node
