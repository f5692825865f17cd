#include "feedback/counterexamples/variation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

parameters::ModelSpec images(std::size_t channels, std::size_t height, std::size_t width) {
    parameters::ModelSpec spec;
    spec.modality = parameters::Modality::Image;
    spec.input.shape = {channels, height, width};
    return spec;
}

parameters::ModelSpec table(std::size_t features) {
    parameters::ModelSpec spec;
    spec.input.shape = {features};
    return spec;
}

// A bright square in the middle of a dark image.
std::vector<float> square(std::size_t side) {
    std::vector<float> image(side * side, 0.0F);
    for (std::size_t y = side / 3; y < 2 * side / 3; ++y) {
        for (std::size_t x = side / 3; x < 2 * side / 3; ++x)
            image[y * side + x] = 1;
    }
    return image;
}

double mean_place(const std::vector<float>& image, std::size_t side) {
    double sum = 0, places = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
        sum += double{image[i]};
        places += double{image[i]} * static_cast<double>(i % side);
    }
    return places / sum;
}

TEST(Variation, MovesAnImageByNoMoreThanItMay) {
    const auto spec = images(1, 24, 24);
    const std::vector<float> image = square(24), deviations = {0.0F};  // no noise
    Random random(1);
    double farthest = 0;
    for (int i = 0; i < 200; ++i) {
        const auto made = varied(spec, image, deviations, {.shift = 2, .turn = 0.17}, random);
        farthest = std::max(farthest, std::abs(mean_place(made, 24) - mean_place(image, 24)));
    }
    EXPECT_GT(farthest, 1.5);
    EXPECT_LT(farthest, 2.1);
}

TEST(Variation, KeepsTheInkOfAShapeThatStaysInside) {
    const auto spec = images(1, 24, 24);
    const std::vector<float> image = square(24), deviations = {0.0F};
    const double ink = std::accumulate(image.begin(), image.end(), 0.0);
    Random random(2);
    for (int i = 0; i < 100; ++i) {
        const auto made = varied(spec, image, deviations, {}, random);
        EXPECT_NEAR(std::accumulate(made.begin(), made.end(), 0.0), ink, 0.02 * ink);
    }
}

TEST(Variation, NeverInventsAValueOutsideTheImagesOwn) {
    const auto spec = images(3, 5, 9);
    std::vector<float> image(3 * 5 * 9);
    std::iota(image.begin(), image.end(), 0.0F);
    const std::vector<float> deviations = {0, 0, 0};
    Random random(3);
    for (int i = 0; i < 100; ++i) {
        const auto made = varied(spec, image, deviations, {}, random);
        for (std::size_t v = 0; v < made.size(); ++v) {
            const float channel = static_cast<float>(v / 45 * 45);  // each channel stays in its own range
            ASSERT_GE(made[v], channel);
            ASSERT_LE(made[v], channel + 44);
        }
    }
}

TEST(Variation, LeavesAnImageOfOnePixelAlone) {
    const auto spec = images(1, 1, 1);
    const std::vector<float> pixel = {0.7F}, deviations = {0.0F};
    Random random(4);
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(varied(spec, pixel, deviations, {}, random), pixel);
}

TEST(Variation, JittersEachFeatureOfATableByItsOwnSpread) {
    const auto spec = table(2);
    const std::vector<float> row = {10, -3}, deviations = {0.0F, 2.0F};
    Random random(5);
    double squares = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto made = varied(spec, row, deviations, {}, random);
        EXPECT_EQ(made[0], 10.0F);
        squares += std::pow(double{made[1]} + 3, 2);
    }
    EXPECT_NEAR(std::sqrt(squares / 1000), 0.05 * 2, 0.01);
}

TEST(Variation, IsTheSameForTheSameRandomNumbers) {
    const auto spec = images(1, 24, 24);
    const std::vector<float> image = square(24), deviations = {0.3F};
    Random one(6), other(6);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(varied(spec, image, deviations, {}, one), varied(spec, image, deviations, {}, other));
}

}  // namespace
}  // namespace skerry::feedback
