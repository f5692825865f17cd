#include "edge-node/learning/noise_rate.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "edge-node/learning/replay_review.hpp"

namespace skerry::node {
namespace {

// What a model that is right, and 95 % sure, gives the labels of a hundred rows in ten classes.
class NoiseRateTest : public ::testing::Test {
protected:
    void observe(double wrong_share, int triggers) {
        for (int trigger = 0; trigger < triggers; ++trigger) {
            std::vector<double> given(100);
            for (double& probability : given)
                probability = random_.uniform() < wrong_share ? 0.05 / 9 : 0.95;
            observe(given);
        }
    }
    void observe(const std::vector<double>& given) {
        std::vector<double> suspicions;
        for (const double probability : given)
            suspicions.push_back(rate_.suspicion(probability, 10));
        rate_.observe(suspicions);
    }

    NoiseRate rate_;
    Random random_{1};
};

TEST_F(NoiseRateTest, FindsTheShareOfWrongLabels) {
    observe(0.2, 40);
    EXPECT_NEAR(rate_.value(), 0.2, 0.05);
    EXPECT_TRUE(rate_.high());
    EXPECT_GT(rate_.suspicion(0.05 / 9, 10), 0.7);
    EXPECT_LT(rate_.suspicion(0.95, 10), 0.01);
}

TEST_F(NoiseRateTest, StaysLowWhereLabelsAreAsLikelyAsTheModelSays) {
    std::vector<double> given(100, 0.9);
    for (std::size_t i = 0; i < 10; ++i)
        given[i] = 0.1;  // of ten rows that are 10 % likely something else, one is
    for (int trigger = 0; trigger < 40; ++trigger)
        observe(given);
    EXPECT_FALSE(rate_.high());
}

TEST_F(NoiseRateTest, BeginsAnewInAChangedWorld) {
    observe(0.3, 40);
    rate_.begin_anew();
    EXPECT_FALSE(rate_.high());
}

TEST_F(NoiseRateTest, GoesOnFromWhatWasSaved) {
    observe(0.2, 40);
    ByteWriter saved;
    rate_.save(saved);
    NoiseRate other;
    ByteReader from(saved.bytes());
    ASSERT_TRUE(other.load(from));
    EXPECT_EQ(other.value(), rate_.value());
    ByteWriter damaged;
    damaged.put(7.0);
    ByteReader nonsense(damaged.bytes());
    EXPECT_FALSE(other.load(nonsense));
}

// Rows of two values in the unit square, moved.
std::vector<float> rows_at(float x, std::size_t count, Random& random) {
    std::vector<float> rows(2 * count);
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i] = static_cast<float>(random.uniform()) + (i % 2 == 0 ? x : 0);
    return rows;
}

// Two hundred there, and a hundred of another class far away.
std::vector<float> mixed_far(Random& random) {
    std::vector<float> rows = rows_at(0, 200, random);
    const std::vector<float> far = rows_at(50, 100, random);
    rows.insert(rows.end(), far.begin(), far.end());
    return rows;
}

TEST(LieApart, TellsMovedInputsFromOthersOfTheSameKind) {
    Random random(2);
    const auto remembered = rows_at(0, 300, random), older = rows_at(0, 100, random);
    const std::vector<std::uint32_t> labels(300);
    int apart = 0;
    for (int i = 0; i < 50; ++i)
        apart += lie_apart(rows_at(0, 100, random), older, {remembered, labels}) ? 1 : 0;
    EXPECT_LE(apart, 2);
    EXPECT_TRUE(lie_apart(rows_at(0.3F, 100, random), older, {remembered, labels}));
}

TEST(LieApart, IsNotFooledByAClassThatComesMoreOften) {
    Random random(4);
    // One class lies close together, the other spread out; what is remembered has as many of both.
    const auto mixed = [&](std::size_t spread, std::size_t close) {
        std::vector<float> rows;
        for (std::size_t i = 0; i < 2 * close; ++i)
            rows.push_back(static_cast<float>(random.uniform()));
        for (std::size_t i = 0; i < 2 * spread; ++i)
            rows.push_back(100 + 30 * static_cast<float>(random.uniform()));
        return rows;
    };
    const auto remembered = mixed(150, 150), older = mixed(50, 50);
    std::vector<std::uint32_t> labels(300, 1);
    std::fill_n(labels.begin(), 150, 0U);
    int apart = 0;
    for (int i = 0; i < 50; ++i)
        apart += lie_apart(mixed(95, 5), older, {remembered, labels}) ? 1 : 0;
    EXPECT_LE(apart, 2);
}

TEST(LieApart, NeedsNoOldRowsWhereTheNewOnesAre) {
    Random random(5);
    const auto remembered = mixed_far(random), older = rows_at(0, 100, random);
    std::vector<std::uint32_t> labels(300, 0);
    std::fill(labels.begin() + 200, labels.end(), 1U);
    EXPECT_TRUE(lie_apart(rows_at(50, 100, random), older, {remembered, labels}));
}

TEST(LieApart, ClaimsNothingFromAFewRows) {
    Random random(3);
    const auto remembered = rows_at(0, 300, random), few = rows_at(0, 19, random);
    const std::vector<std::uint32_t> labels(300);
    EXPECT_FALSE(lie_apart(rows_at(9, 100, random), few, {remembered, labels}));
    EXPECT_FALSE(lie_apart(rows_at(9, 19, random), remembered, {remembered, labels}));
    EXPECT_FALSE(lie_apart(rows_at(9, 100, random), remembered, {few, std::span(labels).first(19)}));
    EXPECT_FALSE(lie_apart(rows_at(9, 100, random), remembered, {}));
}

}  // namespace
}  // namespace skerry::node
