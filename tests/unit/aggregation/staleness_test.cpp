#include "aggregation/staleness.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "aggregation/rule_by_name.hpp"

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

TEST(RuleByName, KnowsTheMeanAndNamesItToWhoeverAsksForAnother) {
    EXPECT_TRUE(rule_by_name("mean", {1, 2, 3}));
    const auto other = rule_by_name("median", {1, 2, 3});
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("'mean'"), std::string::npos);
}

}  // namespace
}  // namespace skerry::aggregation
