#include "aggregation/staleness.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skerry::aggregation {
namespace {

TEST(Staleness, FollowsTheInverseSquareRoot) {
    for (std::size_t s = 0; s < kStalenessTable.size(); ++s) {
        EXPECT_EQ(kStalenessTable[s], std::lround(64.0 / std::sqrt(1.0 + static_cast<double>(s)))) << s;
    }
}

TEST(Staleness, NeverLetsANodeClaimMoreThanItsLeaseAllows) {
    EXPECT_EQ(weight_of(500, 1000, 0), 500U * 64U);
    EXPECT_EQ(weight_of(5000, 1000, 0), 1000U * 64U);
    EXPECT_EQ(weight_of(5000, 1000, 8), 1000U * 21U);
    EXPECT_EQ(weight_of(~0ULL, ~0ULL, 0), limits::kUpdateWeightMax);
}

TEST(Staleness, GivesEveryAcceptedUpdateSomeWeight) {
    EXPECT_EQ(weight_of(0, 1000, 8), 21U);
}

}  // namespace
}  // namespace skerry::aggregation
