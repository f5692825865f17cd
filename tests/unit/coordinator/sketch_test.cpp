#include "coordinator/admission/sketch.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::coordinator {
namespace {

constexpr SketchKey kKey{12345};

std::vector<float> drawn_values(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(random.bell());
    return values;
}

Sketch sketch_of(std::span<const float> values, SketchKey key = kKey) {
    Sketcher sketcher(key);
    sketcher.take(values);
    return sketcher.sketch();
}

double inner(std::span<const float> first, std::span<const float> second) {
    double sum = 0;
    for (std::size_t i = 0; i < first.size(); ++i)
        sum += static_cast<double>(first[i]) * static_cast<double>(second[i]);
    return sum;
}

double cosine(std::span<const float> first, std::span<const float> second) {
    return inner(first, second) / std::sqrt(inner(first, first) * inner(second, second));
}

TEST(ASketch, KeepsAnglesWithinThreePerCent) {
    const auto first = drawn_values(50'000, 1);
    const auto other = drawn_values(50'000, 2);
    for (const float share : {0.0F, 0.3F, 1.0F}) {
        std::vector<float> second(first.size());
        for (std::size_t i = 0; i < second.size(); ++i)
            second[i] = share * first[i] + (1 - share) * other[i];
        double squares = 0;
        constexpr std::uint64_t kKeys = 50;
        for (std::uint64_t key = 1; key <= kKeys; ++key) {
            const SketchKey sketch_key{key};
            const double error =
                cosine(sketch_of(first, sketch_key), sketch_of(second, sketch_key)) - cosine(first, second);
            squares += error * error;
        }
        EXPECT_LT(std::sqrt(squares / kKeys), 0.045) << share;
    }
}

TEST(ASketch, KeepsAnglesOfVectorsWithFewLargeValuesToo) {
    std::vector<float> first(70'000);
    std::vector<float> second(70'000);
    // What lies a multiple of the buckets apart must not fall together.
    for (std::size_t i = 0; i < 16; ++i) {
        first[i * Sketcher::kBuckets] = 1;
        second[i * Sketcher::kBuckets + (i % 2 == 0 ? 0 : 7)] = 1;
    }
    double sum = 0;
    for (std::uint64_t key = 1; key <= 50; ++key)
        sum += inner(sketch_of(first, SketchKey{key}), sketch_of(second, SketchKey{key}));
    EXPECT_NEAR(sum / 50, 8, 0.5);
}

TEST(ASketch, OfOneConstantKeepsItsLength) {
    const std::vector<float> ones(200'000, 1.0F);
    double sum = 0;
    for (std::uint64_t key = 1; key <= 100; ++key) {
        const Sketch sketch = sketch_of(ones, SketchKey{key});
        sum += inner(sketch, sketch) / 100;
    }
    EXPECT_NEAR(sum / 200'000, 1, 0.02);
}

TEST(ASketch, IsTheSameInPiecesOfAnyLength) {
    const auto values = drawn_values(10'000, 3);
    Sketcher sketcher(kKey);
    std::size_t at = 0;
    for (const std::size_t piece : {1U, 1023U, 2U, 5000U, 0U, 3974U}) {
        sketcher.take(std::span(values).subspan(at, piece));
        at += piece;
    }
    ASSERT_EQ(at, values.size());
    EXPECT_EQ(sketcher.sketch(), sketch_of(values));
    EXPECT_NE(sketcher.sketch(), sketch_of(values, SketchKey{54321}));
}

TEST(ASketch, IsTheSameOfValuesWithoutTheZeroesBetweenThem) {
    for (const std::size_t count : {10U, 4106U, 20'000U}) {
        auto values = drawn_values(count, 5);
        SparseValues sparse{count, {}, {}};
        Random random(6);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i >= 10 && random.uniform() < 0.99) values[i] = 0;
            if (values[i] == 0) continue;
            sparse.places.push_back(i);
            sparse.values.push_back(values[i]);
        }
        Sketcher sketcher(kKey);
        sketcher.take(sparse, 10);
        EXPECT_EQ(sketcher.sketch(), sketch_of(std::span(values).subspan(10))) << count;
    }
}

TEST(ASketch, OfATiersPrefixLeavesItsStatisticsOut) {
    ModelShape model;
    model.values = {3000, 5000, 9000};
    model.statistics = 10;
    const auto weights = drawn_values(9000, 4);
    const auto sketches = sketches_of(weights, model, kKey);
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        EXPECT_EQ(sketches.at(tier), sketch_of(std::span(weights).subspan(10, model.values.at(tier) - 10)));
}

}  // namespace
}  // namespace skerry::coordinator
