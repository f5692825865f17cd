#include "common/parameters/layout.hpp"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "common/parameters/map_shape.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

using ::testing::ElementsAre;

TEST(ParameterLayout, OrdersTheBlocksSoThatLightIsAPrefix) {
    const ModelSpec spec = testing::digits();
    const ParameterLayout layout = *ParameterLayout::of(spec);
    std::vector<std::string> names;
    for (const Block& block : layout.blocks())
        names.push_back(block.name);
    EXPECT_THAT(
        names, ElementsAre("normaliser.mean", "normaliser.square", "light.0.weight", "light.0.bias", "light.1.weight",
                           "light.1.bias", "light.head.weight", "light.head.bias", "medium.0.weight", "medium.0.bias",
                           "medium.head.weight", "medium.head.bias", "heavy.0.weight", "heavy.0.bias", "heavy.1.weight",
                           "heavy.1.bias", "heavy.head.weight", "heavy.head.bias"));
    EXPECT_THAT(layout.block("light.1.weight").shape, ElementsAre(32, 16, 3, 3));
    EXPECT_THAT(layout.block("light.head.weight").shape, ElementsAre(10, 32 * 7 * 7));
    EXPECT_EQ(layout.statistics(), 2U);
    const std::size_t light = 2 + (16 * 9 + 16) + (32 * 16 * 9 + 32) + (10 * 1568 + 10);
    const std::size_t medium = light + (48 * 32 * 9 + 48) + (10 * 48 * 49 + 10);
    const std::size_t heavy = medium + (64 * 48 * 9 + 64) + (64 * 64 * 9 + 64) + (10 * 64 * 49 + 10);
    EXPECT_EQ(layout.prefix(Tier::Light), light);
    EXPECT_EQ(layout.prefix(Tier::Medium), medium);
    EXPECT_EQ(layout.prefix(Tier::Heavy), heavy);
    EXPECT_EQ(layout.size(), heavy);
}

TEST(ParameterLayout, LeavesNoGapAndGivesEachBlockToTheLightestTierThatNeedsIt) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const ModelSpec spec = testing::random_spec(random);
        const ParameterLayout layout = *ParameterLayout::of(spec);
        std::size_t end = 0;
        for (const Block& block : layout.blocks()) {
            ASSERT_EQ(block.offset, end);
            end += block.count;
            ASSERT_LE(end, layout.prefix(block.tier));
            if (block.tier != Tier::Light) {
                ASSERT_GE(block.offset, layout.prefix(static_cast<Tier>(static_cast<int>(block.tier) - 1)));
            }
        }
        ASSERT_EQ(end, layout.size());
        for (const Tier tier : {Tier::Light, Tier::Medium, Tier::Heavy}) {
            ASSERT_EQ(*layout.tier_of_prefix(layout.prefix(tier)), tier);
        }
        ASSERT_FALSE(layout.tier_of_prefix(layout.size() - 1));
    }
}

TEST(ParameterLayout, RefusesMoreParametersThanANodeCanHold) {
    ModelSpec spec = testing::table(1 << 14);
    spec.stages[0] = {Layer{Layer::Kind::Dense, 4096, 3, 1}};
    const auto layout = ParameterLayout::of(spec);
    ASSERT_FALSE(layout);
    EXPECT_THAT(layout.error().message, ::testing::HasSubstr("a node can hold 67108864: make layers narrower"));
}

TEST(ParameterLayout, RefusesAModelWithProblems) {
    EXPECT_FALSE(ParameterLayout::of(ModelSpec{}));
}

TEST(MapShape, HalvesOddSidesUpwards) {
    const MapShape map{3, 7, 28};
    EXPECT_EQ(map_after(map, Layer{Layer::Kind::Conv, 5, 3, 2}), (MapShape{5, 4, 14}));
    EXPECT_EQ(map_after(map, Layer{Layer::Kind::Conv, 5, 5, 1}), (MapShape{5, 7, 28}));
    EXPECT_EQ(map_after(map, Layer{Layer::Kind::Dense, 5, 3, 1}), (MapShape{5, 1, 1}));
}

TEST(InitialParameters, AreTheSameBytesEverywhere) {
    const ModelSpec spec = testing::digits();
    const ParameterLayout layout = *ParameterLayout::of(spec);
    const std::vector<float> parameters = initial_parameters(spec, layout, 7);
    EXPECT_EQ(to_hex(crypto::sha256(std::as_bytes(std::span(parameters)))),
              "10a9f92ad6415507bd331640be4f494b71c75000a62fd2c74f5e82ad3b49ad35");
    EXPECT_NE(initial_parameters(spec, layout, 8), parameters);
}

TEST(InitialParameters, AreHeUniformWithZeroBiasesAndUnitMoments) {
    const ModelSpec spec = testing::digits();
    const ParameterLayout layout = *ParameterLayout::of(spec);
    const std::vector<float> parameters = initial_parameters(spec, layout, 7);
    EXPECT_THAT(std::vector<float>(parameters.begin(), parameters.begin() + 2), ElementsAre(0.0F, 1.0F));
    const Block& bias = layout.block("heavy.1.bias");
    EXPECT_TRUE(std::all_of(&parameters[bias.offset], &parameters[bias.offset] + bias.count,
                            [](float value) { return value == 0.0F; }));
    const Block& weight = layout.block("heavy.1.weight");
    double squares = 0;
    for (std::size_t i = 0; i < weight.count; ++i) {
        const double value = parameters[weight.offset + i];
        ASSERT_LE(std::abs(value), std::sqrt(6.0 / (64 * 9)) + 1e-6);
        squares += value * value;
    }
    EXPECT_NEAR(squares / static_cast<double>(weight.count), 2.0 / (64 * 9), 1e-4);
}

}  // namespace
}  // namespace skerry::parameters
