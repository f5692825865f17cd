#include "coordinator/admission/budgets.hpp"

#include <gtest/gtest.h>

namespace skerry::coordinator {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours(24 * 365 * 50)};
const NodeId kNode{};

TEST(TokenBucket, GivesWhatItHoldsAndFillsAgainWithTime) {
    TokenBucket bucket(6, 1min, kStart);
    for (int k = 0; k < 6; ++k) {
        EXPECT_EQ(bucket.wait(1, kStart), 0ms);
        bucket.take(1, kStart);
    }
    EXPECT_EQ(bucket.wait(1, kStart), 10s);
    EXPECT_EQ(bucket.wait(3, kStart), 30s);
    EXPECT_EQ(bucket.wait(1, kStart + 10s), 0ms);
    EXPECT_EQ(bucket.left(kStart + 1h), 6U) << "it holds no more";
}

TEST(TokenBucket, LetsWhatIsLargerThanItPassWhenItIsFull) {
    TokenBucket bucket(6, 1min, kStart);
    EXPECT_EQ(bucket.wait(12, kStart), 0ms);
    bucket.take(12, kStart);
    EXPECT_EQ(bucket.left(kStart), 0U);
    EXPECT_EQ(bucket.wait(1, kStart), 70s) << "and is in debt then";
}

TEST(TokenBucket, GoesOnUnderAClockThatWasSetBack) {
    TokenBucket bucket(6, 1min, kStart);
    bucket.take(6, kStart);
    EXPECT_EQ(bucket.wait(1, kStart - 24h), 10s);
    EXPECT_EQ(bucket.wait(1, kStart - 24h + 10s), 0ms);
}

TEST(Budgets, LimitEachNodeByItself) {
    Budgets budgets({2, 0});
    NodeId other;
    other.value[0] = std::byte{1};
    budgets.spend(kNode, 1000, kStart);
    budgets.spend(kNode, 1000, kStart);
    EXPECT_EQ(budgets.limit(kNode, 1000, kStart), 30s);
    EXPECT_FALSE(budgets.limit(other, 1000, kStart));
    EXPECT_FALSE(budgets.limit(kNode, 1000, kStart + 30s));
    EXPECT_EQ(budgets.left(kNode, kStart).limited, 1U);
    EXPECT_EQ(budgets.left(other, kStart).updates, 2U);
    EXPECT_FALSE(budgets.left(other, kStart).bytes) << "any";
}

TEST(Budgets, LimitByWhicheverIsUsedUp) {
    Budgets budgets({100, 3600});
    budgets.spend(kNode, 3600, kStart);
    EXPECT_EQ(budgets.limit(kNode, 10, kStart), 10s);
    EXPECT_FALSE(Budgets({0, 0}).limit(kNode, 1ULL << 60U, kStart));
}

}  // namespace
}  // namespace skerry::coordinator
