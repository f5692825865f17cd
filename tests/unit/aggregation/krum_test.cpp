#include "aggregation/rules/krum.hpp"

#include <gmock/gmock.h>

#include "aggregation/rules/mixing.hpp"
#include "tests/unit/aggregation/vectors.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::ElementsAre;

Vectors line(const std::vector<float>& points) {
    Vectors vectors;
    for (const float point : points)
        vectors.push_back({point});
    return vectors;
}

TEST(Krum, CountsAsManyNeighboursAsItsNameSays) {
    const Vectors points = line({3, 7, 0, 6, 12, 9, 13});
    EXPECT_THAT(krum_scores(gram_of(points), 3), ElementsAre(34, 21, 94, 19, 35, 22, 53));
    EXPECT_THAT(*aggregated("krum(2)", points), ElementsAre(6)) << "three of seven";
    EXPECT_THAT(*aggregated("krum_byzfl(2)", points), ElementsAre(9)) << "four of seven";
    EXPECT_THAT(*aggregated("multi_krum(2)", points), ElementsAre((6.0F + 7 + 9) / 3));
    EXPECT_THAT(*aggregated("multi_krum(2, 1)", points), ElementsAre(6));
    EXPECT_THAT(*aggregated("multi_krum_byzfl(2)", points), ElementsAre((9.0F + 7 + 6 + 3 + 12) / 5));
}

TEST(Krum, PrefersTheLowestIndexOfEqualScores) {
    EXPECT_THAT(lowest(std::vector<double>{2, 1, 1, 0, 2}, 4), ElementsAre(3, 1, 2, 0));
}

TEST(Bulyan, ChoosesByKrumAmongThoseThatAreLeft) {
    const Vectors points = line({0, 1, 3, 6, 10, 15, 100});
    EXPECT_THAT(bulyan_choice(gram_of(points), 1), ElementsAre(2, 3, 1, 4, 0));
    EXPECT_THAT(*aggregated("bulyan(1)", points), ElementsAre(4.0F / 3)) << "0, 1 and 3, of 0 1 3 6 10";
    const Vectors more = line({8, 1, 3, 6, 10, 15, 100, -50, 7, 5, 4});
    EXPECT_THAT(bulyan_choice(gram_of(more), 2), ElementsAre(3, 9, 8, 10, 0, 2, 4));
    EXPECT_THAT(*aggregated("bulyan(2)", more), ElementsAre(6));
}

TEST(Bucketing, PutsEachVectorIntoOneBucketAndHidesWhichUntilTheSeedIsKnown) {
    const Rows rows = bucketing(7, 3, Digest{});
    ASSERT_EQ(rows.size(), 3U);
    std::vector<std::size_t> sizes;
    std::vector<int> in_buckets(7);
    for (const Row& row : rows) {
        std::size_t members = 0;
        double sum = 0;
        for (std::size_t k = 0; k < row.size(); ++k) {
            members += row[k] != 0 ? 1 : 0;
            in_buckets[k] += row[k] != 0 ? 1 : 0;
            sum += row[k];
        }
        EXPECT_DOUBLE_EQ(sum, 1);
        sizes.push_back(members);
    }
    EXPECT_THAT(sizes, ElementsAre(3, 3, 1));
    EXPECT_THAT(in_buckets, ::testing::Each(1));
    EXPECT_EQ(bucketing(7, 3, Digest{}), rows);
    for (const std::size_t byte : {0UL, 31UL}) {
        Digest other{};
        other[byte] = std::byte{1};
        EXPECT_NE(bucketing(7, 3, other), rows) << "byte " << byte;
    }
}

TEST(GeometricMedian, CountsWeights) {
    const auto heavy = *aggregated("geometric_median(1e-06, 200)", line({0, 1, 10}), {1, 1, 5});
    EXPECT_NEAR(heavy[0], 10, 1e-3) << "the one that outweighs the others";
    const auto even = *aggregated("geometric_median(1e-06, 200)", line({0, 1, 10}));
    EXPECT_NEAR(even[0], 1, 1e-3) << "on a line it is the median";
}

TEST(NormBound, TakesOfTwoNormsTheLower) {
    EXPECT_NEAR((*aggregated("norm_bound, mean", line({1, 1000})))[0], 1, 1e-6);
    EXPECT_NEAR((*aggregated("norm_bound, mean", line({1, 2, 1000}), {1, 1, 2}))[0], 7.0 / 4, 1e-6);
}

}  // namespace
}  // namespace skerry::aggregation
