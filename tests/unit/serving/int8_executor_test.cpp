#include "edge-node/serving/executors/int8_executor.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "edge-node/serving/executors/onednn_executor.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "edge-node/serving/executors/reference_run.hpp"
#include "tests/unit/parameters/specs.hpp"
#include "tests/unit/serving/executor_logits.hpp"

namespace skerry::node {
namespace {

using parameters::Layer;
using testing::logits_of;

std::vector<float> drawn_rows(const parameters::ModelSpec& spec, std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> rows(count * spec.input.values());
    for (float& value : rows)
        value = static_cast<float>(random.bell());
    return rows;
}

/// Moments of a standard normal, so that rows stay what they are when they are normalised.
std::vector<float> drawn_parameters(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                    std::uint64_t seed) {
    return parameters::initial_parameters(spec, layout, seed);
}

CalibrationRows shared(std::vector<float> rows) {
    return std::make_shared<const std::vector<float>>(std::move(rows));
}

TEST(Int8Executor, DoesNotOfferItselfWithoutSamples) {
    const auto spec = parameters::testing::digits();
    const auto layout = *parameters::ParameterLayout::of(spec);
    const auto made = int8_executor(onednn_executor(), shared({}))(spec, layout, drawn_parameters(spec, layout, 1));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(int8_executor(onednn_executor(), nullptr)(spec, layout, drawn_parameters(spec, layout, 1)));
}

TEST(Int8Executor, GivesTheReferencesClassesAndNearlyItsLogitsOnTheImageTemplate) {
    const auto spec = parameters::testing::digits();
    const auto layout = *parameters::ParameterLayout::of(spec);
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        SCOPED_TRACE(seed);
        const auto values = drawn_parameters(spec, layout, seed);
        const auto executor =
            int8_executor(onednn_executor(), shared(drawn_rows(spec, 32, seed)))(spec, layout, values);
        ASSERT_TRUE(executor) << executor.error().message;
        const auto reference = *plain_executor(spec, layout, values);
        for (const std::size_t batch : {1, 3, 8, 21}) {
            const ReferenceRun run(*reference, spec, Tier::Heavy, drawn_rows(spec, batch, 100 + batch), batch);
            EXPECT_EQ(doubt_about(**executor, false, run).value_or(""), "");
        }
    }
}

TEST(Int8Executor, RunsAnyModelWithinItsRoundings) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const auto spec = parameters::testing::random_spec(random);
        const auto layout = *parameters::ParameterLayout::of(spec);
        const auto values = drawn_parameters(spec, layout, seed);
        const std::size_t batch = 1 + random.below(12);
        const std::vector<float> rows = drawn_rows(spec, batch, seed);
        const auto executor = int8_executor(onednn_executor(), shared(rows))(spec, layout, values);
        ASSERT_TRUE(executor) << executor.error().message;
        const auto expected = logits_of(**plain_executor(spec, layout, values), spec, Tier::Heavy, rows, batch);
        const auto logits = logits_of(**executor, spec, Tier::Heavy, rows, batch);
        float largest = 0;
        for (const float value : expected)
            largest = std::max(largest, std::abs(value));
        for (std::size_t i = 0; i < logits.size(); ++i)
            EXPECT_NEAR(logits[i], expected[i], 0.15 * largest + 1e-3);
    }
}

// A processor that adds pairs of 8-bit products in 16 bits loses half of such sums.
TEST(Int8Executor, DoesNotSaturateWhereEveryWeightAndInputIsAsLargeAsItGets) {
    auto spec = parameters::testing::digits();
    spec.input.shape = {1, 6, 6};
    const Layer conv{Layer::Kind::Conv, 32, 3, 1};
    spec.stages = {std::vector{conv}, std::vector{conv}, std::vector{conv, conv}};
    const auto layout = *parameters::ParameterLayout::of(spec);
    std::vector<float> values(layout.size(), 0.01F);
    const std::size_t channels = layout.statistics() / 2;
    std::fill_n(values.begin(), channels, 0.0F);
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(channels), channels, 1.0F);
    const std::vector<float> rows(spec.input.values(), 1.0F);
    const auto executor = *int8_executor(onednn_executor(), shared(rows))(spec, layout, values);
    const auto expected = logits_of(**plain_executor(spec, layout, values), spec, Tier::Heavy, rows);
    const auto logits = logits_of(*executor, spec, Tier::Heavy, rows);
    for (std::size_t i = 0; i < logits.size(); ++i)
        EXPECT_NEAR(logits[i] / expected[i], 1, 0.03);
}

TEST(Int8Executor, TakesValuesBeyondItsRangeAsTheRangesEnd) {
    const auto spec = parameters::testing::digits();
    const auto layout = *parameters::ParameterLayout::of(spec);
    const auto values = drawn_parameters(spec, layout, 3);
    const auto executor = *int8_executor(onednn_executor(), shared(drawn_rows(spec, 8, 3)))(spec, layout, values);
    std::vector<float> huge(spec.input.values(), 1e30F);
    for (const float value : logits_of(*executor, spec, Tier::Heavy, huge))
        EXPECT_TRUE(std::isfinite(value));
    // What another row was has no part in this one.
    const std::vector<float> rows = drawn_rows(spec, 2, 9);
    const std::vector<float> second(rows.begin() + static_cast<std::ptrdiff_t>(spec.input.values()), rows.end());
    const auto together = logits_of(*executor, spec, Tier::Heavy, rows, 2);
    const auto alone = logits_of(*executor, spec, Tier::Heavy, second);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + 10));
}

}  // namespace
}  // namespace skerry::node
