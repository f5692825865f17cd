#include "aggregation/rules/gram.hpp"

#include <gtest/gtest.h>

#include "tests/unit/aggregation/vectors.hpp"

namespace skerry::aggregation {
namespace {

Vectors random_vectors(std::uint64_t seed, std::size_t count, std::size_t length) {
    Random random(seed);
    return cloud(random, count, std::vector<float>(length, 1.0F), 3.0);
}

Gram by_blocks(const Vectors& vectors) {
    Gram gram(vectors.size());
    for (std::size_t first = 0; first < vectors.front().size(); first += kGramBlock) {
        std::vector<const float*> rows;
        for (const auto& vector : vectors)
            rows.push_back(vector.data() + first);
        add_block(gram, rows, std::min(kGramBlock, vectors.front().size() - first));
    }
    return gram;
}

void expect_near(const Gram& left, const Gram& right, double tolerance) {
    ASSERT_EQ(left.size(), right.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        for (std::size_t j = 0; j < left.size(); ++j)
            EXPECT_NEAR(left(i, j), right(i, j), tolerance) << i << ' ' << j;
    }
}

TEST(Gram, HoldsTheInnerProducts) {
    const Vectors vectors = random_vectors(1, 5, 1000);
    expect_near(by_blocks(vectors), gram_of(vectors), 1e-9);
}

TEST(Gram, HasTheNormsThatASinglePassMeasures) {
    const Vectors vectors = random_vectors(2, 1, 200);
    EXPECT_EQ(by_blocks(vectors)(0, 0), squared_norm_of_block(vectors[0].data(), 200));
}

TEST(Gram, OfCombinationsIsTheGramOfWhatTheyMake) {
    const Vectors vectors = random_vectors(3, 4, 30);
    const Rows rows = {{0.5, 0.5, 0, 0}, {0, 0.25, 0.25, 0.5}, {1, 0, 0, -1}};
    Vectors made;
    for (const Row& row : rows) {
        const auto sum = applied(row, vectors);
        made.emplace_back(sum.begin(), sum.end());
    }
    expect_near(gram_of(vectors).combined(rows), gram_of(made), 1e-3);
}

TEST(Gram, OfScaledVectorsHasBothFactors) {
    const Vectors vectors = {{1, 2}, {3, 4}};
    const Gram scaled = gram_of(vectors).scaled(std::vector<double>{2, 0.5});
    expect_near(scaled, gram_of({{2, 4}, {1.5F, 2}}), 1e-12);
}

TEST(Gram, NeverSaysThatADistanceIsNegative) {
    const Vectors vectors = {{8192.0F, 1.0F}, {8192.0F, 1.0F + 1e-7F}};
    EXPECT_GE(gram_of(vectors).squared_distance(0, 1), 0);
}

}  // namespace
}  // namespace skerry::aggregation
