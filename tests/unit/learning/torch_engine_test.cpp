#include "edge-node/learner/torch_engine.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/learner/exchange.hpp"
#include "edge-node/learner/optimisers.hpp"

namespace skerry::parameters {

void PrintTo(const ModelSpec& spec, std::ostream* out) {
    *out << spec.name;
}

}  // namespace skerry::parameters

namespace skerry::node {
namespace {

const RunPiece kHere = [](const std::function<void()>& piece) { piece(); };

parameters::ModelSpec image_spec() {
    parameters::ModelSpec spec;
    spec.name = "image";
    spec.modality = parameters::Modality::Image;
    spec.input.shape = {2, 6, 5};
    spec.classes = {"a", "b", "c"};
    using enum parameters::Layer::Kind;
    spec.stages = {{{{Conv, 3, 3, 2}}, {{Conv, 4, 3, 1}}, {{Conv, 3, 5, 1}, {Conv, 2, 3, 2}}}};
    return spec;
}

parameters::ModelSpec tabular_spec() {
    parameters::ModelSpec spec;
    spec.name = "tabular";
    spec.modality = parameters::Modality::Tabular;
    spec.input.shape = {5};
    spec.classes = {"a", "b", "c"};
    using enum parameters::Layer::Kind;
    spec.stages = {{{{Dense, 6, 3, 1}}, {{Dense, 5, 3, 1}}, {{Dense, 7, 3, 1}, {Dense, 4, 3, 1}}}};
    return spec;
}

class TorchEngineTest : public ::testing::TestWithParam<parameters::ModelSpec> {
protected:
    static void SetUpTestSuite() { prepare_torch(); }

    TorchEngineTest() {
        for (std::size_t i = 0; i < layout_.statistics() / 2; ++i) {
            theta_[i] = 0.1F;
            theta_[layout_.statistics() / 2 + i] = 1.5F;
        }
        for (std::size_t i = layout_.statistics(); i < theta_.size(); ++i)
            theta_[i] += random(0.1F);
        for (std::size_t i = 0; i < kRows * spec_.input.values(); ++i)
            rows_.push_back(random(2));
        for (std::size_t i = 0; i < kTargets * spec_.classes.size(); ++i)
            targets_.push_back(random(2));
        anchor_ = theta_;
        for (float& value : anchor_)
            value += random(0.1F);

        TrainStep step;
        for (std::uint32_t i = 0; i < kRows; ++i)
            step.push_back({i, i % 3, 0.5F + 0.25F * static_cast<float>(i), {}});
        step[1].target = 0U;
        step[3].target = 1U;
        plan_.steps = {step};
        plan_.class_log_prior = {-0.5F, -1.0F, -2.0F};
        plan_.exit_weights = {0.2F, 0.3F, 0.5F};
        plan_.logit_weight = 0.7F;
        plan_.proximal = 0.05F;
        plan_.learning_rate = 1e-3F;
    }

    float random(float size) { return size * static_cast<float>(random_.uniform() - 0.5); }

    // engine.hpp's loss, written down from its text in double precision on the engine's own logits.
    double loss(const std::vector<float>& theta) {
        const std::size_t classes = 3;
        const std::size_t exits = static_cast<std::size_t>(*layout_.tier_of_prefix(theta.size())) + 1;
        std::vector<float> logits(kRows * exits * classes);
        EXPECT_TRUE(engine_.forward(theta, rows_, logits));
        double total = 0, weights = 0;
        for (const TrainRow& row : plan_.steps[0])
            weights += double{row.weight};
        for (const TrainRow& row : plan_.steps[0]) {
            for (std::size_t k = 0; k < exits; ++k) {
                const float* z = logits.data() + (row.row * exits + k) * classes;
                double sum = 0;
                for (std::size_t c = 0; c < classes; ++c)
                    sum += std::exp(double{z[c]} + double{plan_.class_log_prior[c]});
                const double p = std::exp(double{z[row.label]} + double{plan_.class_log_prior[row.label]}) / sum;
                const double noise = double{plan_.label_noise};
                const double a = k + 1 == exits ? double{plan_.class_target_share} : 0;
                total += double{plan_.exit_weights[k]} * double{row.weight} / weights *
                         ((1 - a) * -std::log((1 - noise) * p + noise * (1 - p) / 2) +
                          (a > 0 ? a * apart_from_its_class(z, row.label) : 0) +
                          double{plan_.distillation[k]} *
                              distilled(logits.data() + row.row * exits * classes, k, exits, row.label));
            }
            if (!row.target) continue;
            const float* z = logits.data() + (row.row * exits + exits - 1) * classes;
            for (std::size_t c = 0; c < classes; ++c) {
                const double gap = double{z[c]} - double{targets_[*row.target * classes + c]};
                total += double{plan_.logit_weight} * double{row.weight} / weights * gap * gap /
                         static_cast<double>(classes);
            }
        }
        for (std::size_t i = layout_.statistics(); i < theta.size() && plan_.proximal > 0; ++i) {
            total += double{plan_.proximal} / 2 * std::pow(double{theta[i]} - double{anchor_[i]}, 2);
        }
        return total;
    }

    static std::array<double, 3> softened(std::array<double, 3> logits) {
        double sum = 0;
        for (double& value : logits)
            sum += value = std::exp(value / 2);
        for (double& value : logits)
            value /= sum;
        return logits;
    }

    // T²·KL of one row's deepest logits from what its class is like.
    [[nodiscard]] double apart_from_its_class(const float* z, std::uint32_t label) const {
        const auto q = softened({double{z[0]}, double{z[1]}, double{z[2]}});
        double divergence = 0;
        for (std::size_t c = 0; c < 3; ++c) {
            const double p = plan_.class_targets[label * 3 + c];
            if (p > 0) divergence += p * std::log(p / q[c]);
        }
        return 4 * divergence;
    }

    // T²·KL of one row: `z` are its logits, shape [exits, 3].
    static double distilled(const float* z, std::size_t k, std::size_t exits, std::uint32_t label) {
        if (k + 1 == exits) return 0;
        std::array<double, 3> teacher{}, said{};
        for (std::size_t c = 0; c < 3; ++c) {
            for (std::size_t deeper = k + 1; deeper < exits; ++deeper)
                teacher[c] += double{z[deeper * 3 + c]} / static_cast<double>(exits - k - 1);
            said[c] = z[k * 3 + c];
        }
        if (std::max_element(teacher.begin(), teacher.end()) - teacher.begin() != std::ptrdiff_t{label}) return 0;
        const auto p = softened(teacher), q = softened(said);
        double divergence = 0;
        for (std::size_t c = 0; c < 3; ++c)
            divergence += p[c] * std::log(p[c] / q[c]);
        return 4 * divergence;
    }

    // After Adam's first update m = 0.1·g: the gradient that was used.
    std::vector<float> gradient(std::vector<float> theta) {
        std::vector<float> memory(2 * theta.size()), losses(1);
        const auto anchor = std::span(anchor_).first(plan_.proximal > 0 ? theta.size() : 0);
        const auto trained = engine_.train({theta, memory, 0, rows_, targets_, anchor, losses}, plan_, kHere);
        EXPECT_TRUE(trained && trained->finite);
        loss_told_ = losses[0];
        std::vector<float> mean(memory.begin() + static_cast<std::ptrdiff_t>(theta.size()), memory.end());
        for (float& value : mean)
            value *= 10;
        return mean;
    }

    void expect_the_gradient_of_the_loss() {
        const auto computed = gradient(theta_);
        std::size_t compared = 0;
        std::size_t agreed = 0;
        for (std::size_t i = layout_.statistics(); i < theta_.size(); i += 1 + theta_.size() / 150) {
            const float h = 4e-3F;  // large enough for float32 logits
            auto up = theta_, down = theta_;
            up[i] += h;
            down[i] -= h;
            const double numeric = (loss(up) - loss(down)) / double{up[i] - down[i]};
            ++compared;
            if (std::abs(numeric - double{computed[i]}) < 0.02 * std::abs(numeric) + 2e-3) ++agreed;
        }
        EXPECT_GT(compared, 90U);
        EXPECT_GE(agreed, compared * 97 / 100);  // the rest cross a ReLU's corner within h
    }

    static constexpr std::size_t kRows = 6;
    static constexpr std::size_t kTargets = 2;
    parameters::ModelSpec spec_ = GetParam();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    TorchEngine engine_ = TorchEngine::load(parameters::canonical_text(spec_)).value();
    Random random_{9};
    std::vector<float> theta_ = parameters::initial_parameters(spec_, layout_, 3);
    std::vector<float> rows_, targets_, anchor_;
    TrainPlan plan_;
    float loss_told_ = 0;
};

TEST_P(TorchEngineTest, HasTheGradientOfItsLoss) {
    expect_the_gradient_of_the_loss();
}

TEST_P(TorchEngineTest, MovesAnAdversarialRowWhereItsLossRises) {
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

TEST_P(TorchEngineTest, HasTheGradientOfItsLossWhereLabelsAreWrong) {
    plan_.label_noise = 0.3F;
    expect_the_gradient_of_the_loss();
}

TEST_P(TorchEngineTest, TellsTheLossOfEachStepWithoutTheProximalTerm) {
    plan_.proximal = 0;
    const double expected = loss(theta_);
    static_cast<void>(gradient(theta_));
    EXPECT_NEAR(double{loss_told_}, expected, 1e-4);
}

TEST_P(TorchEngineTest, DistilsFromTheDeeperExitsWithoutTeachingThem) {
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

TEST_P(TorchEngineTest, LearnsWhatItsClassesAreLikeInTheDeepestExitAlone) {
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

TEST_P(TorchEngineTest, HasTheGradientOfItsLossWithClassTargets) {
    plan_.class_targets = {0.7F, 0.2F, 0.1F, 0, 1, 0, 0.3F, 0.3F, 0.4F};
    plan_.class_target_share = 0.5F;
    plan_.label_noise = 0.1F;
    expect_the_gradient_of_the_loss();
}

// One row whose logits are the head's bias: z = (0.5, −0.25, 1), label 0, targets (0.8, 0.2, 0). softmax(z/2) =
// (0.33655, 0.23131, 0.43214), so KL = 0.8·ln(0.8/0.33655) + 0.2·ln(0.2/0.23131) = 0.66360; CE = ln(Σexp z) − 0.5
// = 1.13818.
TEST_P(TorchEngineTest, TellsTheNumbersThatAreComputedByHand) {
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

TEST_P(TorchEngineTest, LeavesTheStatisticsAloneAndMovesEverythingElse) {
    auto theta = theta_;
    std::vector<float> memory(2 * theta.size()), losses(1);
    plan_.proximal = 0.05F;
    ASSERT_TRUE(engine_.train({theta, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere).value().finite);
    for (std::size_t i = 0; i < layout_.statistics(); ++i)
        EXPECT_EQ(theta[i], theta_[i]);
    for (std::size_t i = layout_.statistics(); i < theta.size(); ++i) {
        EXPECT_NEAR(std::abs(theta[i] - theta_[i]), 1e-3, 2e-4) << i;  // Adam's first step has the length of its rate
    }
}

TEST_P(TorchEngineTest, ClipsTheGradientToItsLongestNorm) {
    plan_.gradient_norm_max = 0.01F;
    double norm = 0;
    for (const float g : gradient(theta_))
        norm += double{g} * double{g};
    EXPECT_NEAR(std::sqrt(norm), 0.01, 1e-4);
}

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

TEST_P(TorchEngineTest, TrainsALightPrefixAlone) {
    theta_.resize(layout_.prefix(Tier::Light));
    plan_.proximal = 0;
    const double before = loss(theta_);
    std::vector<float> memory(2 * theta_.size());
    plan_.steps.assign(30, plan_.steps[0]);
    std::vector<float> losses(30);
    plan_.learning_rate = 0.01F;
    ASSERT_TRUE(engine_.train({theta_, memory, 0, rows_, targets_, {}, losses}, plan_, kHere).value().finite);
    EXPECT_LT(loss(theta_), before);
}

TEST_P(TorchEngineTest, SaysWhenItsNumbersOverflow) {
    for (std::size_t i = layout_.statistics(); i < theta_.size(); ++i)
        theta_[i] *= 1e20F;
    std::vector<float> memory(2 * theta_.size()), losses(1);
    const auto trained = engine_.train({theta_, memory, 0, rows_, targets_, anchor_, losses}, plan_, kHere);
    ASSERT_TRUE(trained);
    EXPECT_FALSE(trained->finite);
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

INSTANTIATE_TEST_SUITE_P(BothModalities, TorchEngineTest, ::testing::Values(image_spec(), tabular_spec()),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(TorchEngineTest, LearnsWithEveryOptimiser) {
    plan_.proximal = 0;
    plan_.steps.assign(60, plan_.steps[0]);
    plan_.learning_rate = 0.01F;
    const double before = loss(theta_);
    for (const Optimiser optimiser : {Optimiser::Adam, Optimiser::AdaGrad, Optimiser::Cocob}) {
        plan_.optimiser = optimiser;
        auto theta = theta_;
        std::vector<float> memory(shape_of(optimiser).vectors * theta.size()), losses(60);
        const auto trained = engine_.train({theta, memory, 0, rows_, targets_, {}, losses}, plan_, kHere);
        ASSERT_TRUE(trained && trained->finite);
        EXPECT_FLOAT_EQ(trained->learning_rate, 0.01F);
        EXPECT_LT(losses.back(), 0.8F * losses.front()) << static_cast<int>(optimiser);
        EXPECT_LT(loss(theta), before);
    }
}

TEST_P(TorchEngineTest, RaisesATimidRateByItsHypergradientAndTellsIt) {
    plan_.proximal = 0;
    plan_.steps.assign(20, plan_.steps[0]);
    plan_.learning_rate = 1e-5F;
    plan_.hypergradient = 0.1F;
    plan_.rate_bounds = {1e-6F, 1};
    auto theta = theta_;
    std::vector<float> memory(2 * theta.size()), losses(20);
    const auto trained = engine_.train({theta, memory, 0, rows_, targets_, {}, losses}, plan_, kHere);
    ASSERT_TRUE(trained && trained->finite);
    EXPECT_GT(trained->learning_rate, 1.5e-5F);
    plan_.rate_bounds = {1e-6F, 1.2e-5F};
    const auto bounded = engine_.train({theta, memory, 20, rows_, targets_, {}, losses}, plan_, kHere);
    ASSERT_TRUE(bounded && bounded->finite);
    EXPECT_LE(bounded->learning_rate, 1.2e-5F);
}

TEST(Exchange, RefusesWorkBeforeAModelAndRequestsLargerThanTheirMemory) {
    Exchange exchange(kHere);
    std::vector<std::byte> memory(4096);
    learner_wire::Request request;
    request.verb = learner_wire::Verb::Forward;
    EXPECT_FALSE(exchange.answer(request, memory).ok);
    request.verb = learner_wire::Verb::Load;
    request.counts.text = 5000;
    EXPECT_FALSE(exchange.answer(request, memory).ok);
    request.counts.text = 10;
    EXPECT_FALSE(exchange.answer(request, memory).ok) << "took zeros for a model";
}

}  // namespace
}  // namespace skerry::node
