#include "aggregation/rules/tier_norms.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "common/base/random.hpp"

namespace skerry::aggregation {
namespace {

constexpr TierSizes kLayout = {700, 1900, 3001};  // none a multiple of a block
constexpr std::size_t kStatistics = 10;

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values(count);
    for (float& value : values)
        value = random.below(3) == 0 ? static_cast<float>(random.uniform(-2, 2)) : 0.0F;
    return values;
}

TierNorms norms_of(std::span<const float> values, std::size_t at_once) {
    TierNormSums sums(sections_of(kLayout, kStatistics));
    for (std::size_t first = 0; first < values.size(); first += at_once)
        sums.take(values.subspan(first, std::min(at_once, values.size() - first)));
    return sums.norms();
}

TEST(TierNorms, AreThoseOfWhatEachTierAddsWithoutTheStatistics) {
    const std::vector<float> values = random_values(kLayout[2], 1);
    const TierNorms norms = norms_of(values, kLayout[2]);
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        double squares = 0;
        for (std::size_t i = tier == 0 ? kStatistics : kLayout[tier - 1]; i < kLayout[tier]; ++i)
            squares += static_cast<double>(values[i]) * static_cast<double>(values[i]);
        EXPECT_NEAR(norms[tier], std::sqrt(squares), 1e-12 * std::sqrt(squares)) << tier;
    }
}

TEST(TierNorms, AreZeroOfTiersThatAnUpdateDoesNotReach) {
    const TierNorms norms = norms_of(random_values(kLayout[0], 2), 100);
    EXPECT_GT(norms[0], 0);
    EXPECT_EQ(norms[1], 0);
    EXPECT_EQ(norms[2], 0);
}

TEST(TierNorms, AreTheSameBytesHoweverTheValuesAreCut) {
    const std::vector<float> values = random_values(kLayout[2], 3);
    const TierNorms whole = norms_of(values, kLayout[2]);
    for (const std::size_t at_once : {1UL, 7UL, 255UL, 256UL, 257UL, 1000UL})
        EXPECT_EQ(norms_of(values, at_once), whole) << at_once;
}

TEST(TierNorms, AreTheSameBytesWithoutTheZeroes) {
    for (const std::size_t count : kLayout) {
        const std::vector<float> values = random_values(count, 4);
        SparseValues sparse{count, {}, {}};
        for (std::uint32_t i = 0; i < count; ++i) {
            if (values[i] == 0 && i >= kStatistics) continue;
            sparse.places.push_back(i);
            sparse.values.push_back(values[i]);
        }
        TierNormSums sums(sections_of(kLayout, kStatistics));
        sums.take(sparse);
        EXPECT_EQ(sums.norms(), norms_of(values, 1000));
    }
}

}  // namespace
}  // namespace skerry::aggregation
