#include "edge-node/serving/executors/plain_executor.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge-node/serving/classify.hpp"
#include "edge-node/serving/executors/plain_kernel.hpp"
#include "tests/unit/parameters/specs.hpp"
#include "tests/unit/serving/executor_logits.hpp"
#include "tests/unit/serving/naive_network.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using testing::logits_of;

std::vector<float> random_values(std::size_t count, Random& random) {
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(random.bell());
    return values;
}

TEST(PlainExecutor, AgreesWithTheNaiveNetworkOnAnyShape) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const parameters::ModelSpec spec = parameters::testing::random_spec(random);
        const auto layout = *parameters::ParameterLayout::of(spec);
        const std::vector<float> values = parameters::testing::random_parameters(spec, layout, random);
        const auto executor = plain_executor(spec, layout, values);
        ASSERT_TRUE(executor);
        const std::size_t batch = 1 + random.below(6);
        const std::vector<float> input = random_values(batch * spec.input.values(), random);
        for (const Tier tier : {Tier::Light, Tier::Medium, Tier::Heavy}) {
            const std::vector<float> logits = logits_of(**executor, spec, tier, input, batch);
            const auto unpacked = logits_of(**unpacked_executor(spec, layout, values), spec, tier, input, batch);
            for (std::size_t i = 0; i < logits.size(); ++i)
                ASSERT_NEAR(unpacked[i], logits[i], 1e-4 * (1 + std::abs(logits[i]))) << "read where the weights lie";
            for (std::size_t row = 0; row < batch; ++row) {
                const auto first = input.begin() + static_cast<std::ptrdiff_t>(row * spec.input.values());
                const std::vector<float> one(first, first + static_cast<std::ptrdiff_t>(spec.input.values()));
                const std::vector<double> expected =
                    testing::naive_logits(spec, layout, values, one)[static_cast<std::size_t>(tier)];
                for (std::size_t c = 0; c < expected.size(); ++c) {
                    ASSERT_NEAR(logits[row * expected.size() + c], expected[c], 1e-4 * (1 + std::abs(expected[c])));
                }
            }
        }
    }
}

TEST(PlainExecutor, ComputesATinyNetworkThatCanBeWorkedOutByHand) {
    parameters::ModelSpec spec = parameters::testing::table(2);
    const auto dense = [](std::size_t width) { return parameters::Layer{parameters::Layer::Kind::Dense, width, 3, 1}; };
    spec.stages = {std::vector{dense(2)}, std::vector{dense(1)}, std::vector{dense(1)}};
    const auto layout = *parameters::ParameterLayout::of(spec);
    const std::vector<float> values = {
        0,  0, 1, 1,                  // normaliser
        1,  2, 3, 4, 0,    -20,       // h = relu([x+2y, 3x+4y−20])
        1,  0, 0, 1, 0.5F, 0,         // light logits = [h₀+½, h₁]
        1,  1, 1, 2, 3,    0,     0,  // m = relu(h₀+h₁+1), medium logits = [2m, 3m]
        -1, 7, 1, 1, 0,    0.25F,     // t = relu(7−m), heavy logits = [t, t+¼]
    };
    const auto executor = plain_executor(spec, layout, values);
    ASSERT_TRUE(executor);
    const std::vector<float> input = {1, 2};  // h = [5, relu(−9) = 0], m = 6, t = 1
    EXPECT_THAT(logits_of(**executor, spec, Tier::Light, input), ElementsAre(5.5F, 0.0F));
    EXPECT_THAT(logits_of(**executor, spec, Tier::Medium, input), ElementsAre(12.0F, 18.0F));
    EXPECT_THAT(logits_of(**executor, spec, Tier::Heavy, input), ElementsAre(1.0F, 1.25F));
}

TEST(PlainExecutor, PadsAConvolutionWithZerosAndStartsAStrideAtTheFirstPixel) {
    parameters::ModelSpec spec = parameters::testing::digits();
    spec.input.shape = {1, 3, 3};
    spec.classes = {"a", "b"};
    const auto conv = [](std::size_t stride) { return parameters::Layer{parameters::Layer::Kind::Conv, 1, 3, stride}; };
    spec.stages = {std::vector{conv(2)}, std::vector{conv(1)}, std::vector{conv(1)}};
    const auto layout = *parameters::ParameterLayout::of(spec);
    std::vector<float> values(layout.size(), 0.0F);
    std::fill_n(&values[layout.block("light.0.weight").offset], 9, 1.0F);  // sums the 3×3 neighbourhood
    ExecutorScratch scratch;
    std::vector<float> map(4);
    const std::vector<float> input = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const auto executor = plain_executor(spec, layout, values);
    ASSERT_TRUE(executor);
    (*executor)->run_stage(Tier::Light, input, map, 1, scratch);
    EXPECT_THAT(map, ElementsAre(1 + 2 + 4 + 5, 2 + 3 + 5 + 6, 4 + 5 + 7 + 8, 5 + 6 + 8 + 9));
}

TEST(PlainExecutor, GivesALightNodeTheSameBytesAsAHeavyOne) {
    const parameters::ModelSpec spec = parameters::testing::digits();
    const auto layout = *parameters::ParameterLayout::of(spec);
    std::vector<float> values = parameters::initial_parameters(spec, layout, 5);
    Random random(9);
    const std::vector<float> input = random_values(spec.input.values(), random);
    const auto heavy = plain_executor(spec, layout, values);
    values.resize(layout.prefix(Tier::Light));
    const auto light = plain_executor(spec, layout, values);
    ASSERT_TRUE(heavy && light);
    EXPECT_EQ(logits_of(**light, spec, Tier::Light, input), logits_of(**heavy, spec, Tier::Light, input));
}

TEST(PlainExecutor, RefusesAPrefixThatIsNoTier) {
    const parameters::ModelSpec spec = parameters::testing::digits();
    const auto layout = *parameters::ParameterLayout::of(spec);
    EXPECT_FALSE(plain_executor(spec, layout, std::vector<float>(layout.size() - 1)));
}

TEST(PlainKernel, GivesTheSameBytesOnEveryInstructionSet) {
    Random random(3);
    for (std::size_t pixels = 1; pixels < 12; ++pixels) {
        const std::vector<float> in = random_values(1000, random);
        const std::vector<float> weights = random_values(3 * 7 * plain::kBlock, random);
        const std::vector<float> bias = random_values(plain::kBlock, random);
        std::vector<float> best(pixels * 20, -1.0F);
        std::vector<float> baseline = best;
        plain::KernelRow row{.in = in.data(),
                             .pixel_stride = 5,
                             .row_stride = 60,
                             .rows = 3,
                             .run = 7,
                             .weights = weights.data(),
                             .bias = bias.data(),
                             .out = best.data(),
                             .out_stride = 20,
                             .pixels = pixels,
                             .width = 1 + pixels % plain::kBlock,
                             .relu = pixels % 2 == 0};
        plain::best_kernel()(row);
        row.out = baseline.data();
        plain::run_baseline(row);
        ASSERT_EQ(std::memcmp(best.data(), baseline.data(), best.size() * sizeof(float)), 0) << pixels;
    }
}

}  // namespace
}  // namespace skerry::node
