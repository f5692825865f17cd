// What byzfl, Flower and TensorFlow Federated publish of their rules, for the same inputs.
#include <gmock/gmock.h>

#include "aggregation/rules/centres.hpp"
#include "aggregation/rules/krum.hpp"
#include "aggregation/rules/mixing.hpp"
#include "tests/unit/aggregation/vectors.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

const Vectors kByzfl = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};

/// A rule of distances, without its condition on the count: the published examples have too few vectors for it.
std::vector<double> row_applied(std::string_view rule, const Vectors& vectors) {
    PlanInput input;
    input.weights.assign(vectors.size(), 1);
    input.factors.assign(vectors.size(), 1);
    input.products = gram_of(vectors);
    return applied(plan_of(*parse_rule(rule), input).rows.front(), vectors);
}

TEST(ByzflGolden, MeanMedianAndTrimmedMean) {
    for (const std::string_view rule : {"mean", "median", "trimmed_mean(0.34)"})
        EXPECT_THAT(*aggregated(rule, kByzfl), ElementsAre(4, 5, 6)) << rule;
}

TEST(ByzflGolden, CentredClippingOnceWithARadiusThatClipsNothing) {
    EXPECT_THAT(row_applied("centred_clipping(100, 1)", kByzfl), Pointwise(DoubleNear(1e-12), {4.0, 5.0, 6.0}));
}

TEST(ByzflGolden, GeometricMedian) {
    EXPECT_THAT(row_applied("geometric_median(0.1, 3)", kByzfl),
                Pointwise(DoubleNear(5e-8), {3.78788764, 4.78788764, 5.78788764}));
}

TEST(ByzflGolden, KrumTakesTheLowestIndexOfEqualScores) {
    EXPECT_THAT(row_applied("krum_byzfl(1)", kByzfl), ElementsAre(1, 2, 3));
    EXPECT_THAT(row_applied("multi_krum_byzfl(1)", kByzfl), ElementsAre(2.5, 3.5, 4.5));
}

TEST(ByzflGolden, NearestNeighbourMixing) {
    const Rows rows = nearest_neighbour_mixing(gram_of(kByzfl), 1);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_THAT(applied(rows[0], kByzfl), ElementsAre(2.5, 3.5, 4.5));
    EXPECT_THAT(applied(rows[1], kByzfl), ElementsAre(2.5, 3.5, 4.5));
    EXPECT_THAT(applied(rows[2], kByzfl), ElementsAre(5.5, 6.5, 7.5));
}

TEST(ByzflGolden, ClippingToANormOfTwo) {
    const Vectors clipped = {{0.53452248F, 1.06904497F, 1.60356745F},
                             {0.91168461F, 1.13960576F, 1.36752692F},
                             {1.00514142F, 1.14873305F, 1.29232469F}};
    for (std::size_t k = 0; k < clipped.size(); ++k) {
        EXPECT_THAT(*aggregated("norm_bound(2), mean", {kByzfl[k]}), Pointwise(FloatNear(1e-6F), clipped[k]));
    }
}

TEST(FlowerGolden, KrumCountsAtLeastOneNeighbour) {
    EXPECT_NEAR(row_applied("krum(1)", {{0.2F}, {0.7F}, {1.0F}})[0], 0.7, 1e-7);
    EXPECT_NEAR(row_applied("multi_krum(1, 2)", {{0.2F}, {0.5F}, {1.0F}})[0], 0.35, 1e-7);
}

TEST(FlowerGolden, TrimmedMean) {
    EXPECT_THAT(
        *aggregated(
            "trimmed_mean(0.25)",
            {{0.5F, 0.5F, 0.5F, 0.5F}, {1.0F, 0.2F, 0.5F, 1.0F}, {0.2F, 0.5F, 1.0F, 0.2F}, {0.5F, 1.0F, 0.2F, 0.5F}}),
        ElementsAre(0.5F, 0.5F, 0.5F, 0.5F));
    EXPECT_THAT(*aggregated("trimmed_mean(0.25)", {{0.5F}, {1}, {2}, {100}}), ElementsAre(1.5F));
}

TEST(FlowerGolden, Median) {
    EXPECT_THAT(*aggregated("median", {{1.0F, 0.2F, 0.5F, 1.0F}, {0.2F, 0.5F, 1.0F, 0.2F}, {0.5F, 1.0F, 0.2F, 0.5F}}),
                ElementsAre(0.5F, 0.5F, 0.5F, 0.5F));
}

TEST(FlowerGolden, BulyansMeanOfTheClosest) {
    const auto closest = [](std::vector<float> values, double reference) {
        std::sort(values.begin(), values.end());
        return mean_of_closest(values, reference, 2);
    };
    EXPECT_NEAR(closest({1, 2, 0.5F}, 1.0), 0.75, 1e-7);
    EXPECT_NEAR(closest({1, 1.1F, 1.2F, 1.3F}, 1), 1.05, 1e-7);
    EXPECT_NEAR(closest({1, 1.1F, 1.2F, 0.9F}, 1), 0.95, 1e-7);
    EXPECT_NEAR(closest({2, 2.1F, 2.2F, 2.5F}, 2), 2.05, 1e-7);
    EXPECT_NEAR(closest({3, 3.1F, 3.2F, 3.4F}, 3), 3.05, 1e-7);
    EXPECT_NEAR(closest({4, 4.1F, 4.2F, 3.8F}, 4), 4.05, 1e-7);
}

TEST(TffGolden, SumsOfClippedVectors) {
    const auto sum = [](double bound) {
        const std::vector<double> factors = norm_bound(std::vector<double>{1, 3, 5}, bound);
        return factors[0] * 1 + factors[1] * 3 + factors[2] * 5;
    };
    EXPECT_DOUBLE_EQ(sum(1), 3);
    EXPECT_DOUBLE_EQ(sum(2), 5);
    EXPECT_DOUBLE_EQ(sum(3), 7);
    const auto mean = *aggregated("norm_bound(3), mean", {{1, 1}, {3, 4}});
    EXPECT_THAT(mean, Pointwise(FloatNear(1e-6F), {1.4F, 1.7F})) << "half of [2.8, 3.4]";
}

}  // namespace
}  // namespace skerry::aggregation
