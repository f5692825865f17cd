#include "common/parameters/normaliser.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

Bytes bytes_from(const std::vector<float>& values) {
    return copy_of(std::as_bytes(std::span(values)));
}

InputSpec two_channels() {
    InputSpec input;
    input.shape = {2, 1, 2};
    input.dtype = DataType::UInt8;
    input.scale = {0.5F, 2.0F};
    input.offset = {1.0F};
    return input;
}

TEST(ScaledValues, AppliesEachChannelsScaleAndClamps) {
    const Bytes sample = {std::byte{0}, std::byte{10}, std::byte{3}, std::byte{255}};
    EXPECT_THAT(*scaled_values(two_channels(), sample), ElementsAre(1.0F, 6.0F, 7.0F, 64.0F));
}

TEST(ScaledValues, ReadsFloatsThatAreNotAligned) {
    InputSpec input = testing::table(2).input;
    Bytes bytes(1);
    for (const std::byte b : bytes_from({1.5F, -2.0F}))
        bytes.push_back(b);
    EXPECT_THAT(*scaled_values(input, ByteView(bytes).subspan(1)), ElementsAre(1.5F, -2.0F));
}

TEST(ScaledValues, RefusesAnotherSizeAndValuesThatAreNotFinite) {
    const InputSpec input = testing::table(2).input;
    EXPECT_FALSE(scaled_values(input, Bytes(7)));
    EXPECT_FALSE(scaled_values(input, bytes_from({1.0F, std::nanf("")})));
    EXPECT_FALSE(scaled_values(input, bytes_from({1.0F, -std::numeric_limits<float>::infinity()})));
}

TEST(ScaledValues, ClampsAProductThatOverflows) {
    InputSpec input = testing::table(2).input;
    input.scale = {1e30F};
    EXPECT_THAT(*scaled_values(input, bytes_from({3e38F, -3e38F})), ElementsAre(64.0F, -64.0F));
}

TEST(Normaliser, TakesTheMomentsOfEachChannelToMeanZeroAndVarianceOne) {
    ModelSpec spec = testing::digits();
    spec.input = two_channels();
    const ParameterLayout layout = *ParameterLayout::of(spec);
    std::vector<float> rows = {1, 3, 10, 10, 5, 7, 10, 10};  // two samples of two channels of two values
    const std::vector<float> moments = moments_of(spec.input, rows);
    EXPECT_THAT(moments, ElementsAre(4.0F, 10.0F, 21.0F, 100.0F));

    std::vector<float> parameters(layout.size());
    std::copy(moments.begin(), moments.end(), parameters.begin());
    const Normaliser normaliser = normaliser_of(layout, parameters);
    normalise(normaliser, spec.input, rows);
    const float gain = 1.0F / std::sqrt(5.0F + kVarianceFloor + 21.0F * kRoundingFloor);
    EXPECT_THAT(rows, ElementsAre(FloatEq(-3 * gain), FloatEq(-gain), 0.0F, 0.0F, FloatEq(gain), FloatEq(3 * gain),
                                  0.0F, 0.0F));
}

TEST(Normaliser, LeavesAConstantChannelFinite) {
    const ModelSpec spec = testing::table(1);
    const ParameterLayout layout = *ParameterLayout::of(spec);
    std::vector<float> parameters(layout.size());
    parameters[1] = 0.0F;
    EXPECT_FLOAT_EQ(normaliser_of(layout, parameters).gain[0], 100.0F);
    parameters[0] = 64.0F;
    parameters[1] = 4095.0F;  // below the mean's square, as rounding may leave it
    EXPECT_NEAR(normaliser_of(layout, parameters).gain[0], 15.4F, 0.1F) << "roundings are not blown up";
}

}  // namespace
}  // namespace skerry::parameters
