#include "feedback/label_delays.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LabelDelays, GivesQuantilesWithinAFactorOfTwo) {
    LabelDelays delays;
    for (int i = 1; i <= 1000; ++i)
        delays.add(seconds(i));
    for (const auto& [q, exact] :
         {std::pair(0.5, seconds(500)), std::pair(0.9, seconds(900)), std::pair(0.99, seconds(990))}) {
        EXPECT_GT(delays.quantile(q) * 2, exact) << q;
        EXPECT_LT(delays.quantile(q), exact * 2) << q;
    }
    EXPECT_LE(delays.quantile(0.5), delays.quantile(0.9));
    EXPECT_LE(delays.quantile(0.9), delays.quantile(0.99));
    EXPECT_EQ(delays.quantile(1), delays.longest());
    EXPECT_EQ(delays.count(), 1000U);
    EXPECT_EQ(delays.sum(), seconds(500'500));
}

TEST(LabelDelays, OfOneLabelAreItsDelayWhateverIsAsked) {
    LabelDelays delays;
    EXPECT_EQ(delays.quantile(0.5), milliseconds(0)) << "none came yet";
    delays.add(seconds(10));
    for (const double q : {0.01, 0.5, 0.99, 1.0, 7.0, -1.0}) {
        EXPECT_LE(delays.quantile(q), seconds(10)) << q;
        EXPECT_GE(delays.quantile(q), seconds(8)) << q << ": the lower end of its bucket is 8.192 s";
    }
}

TEST(LabelDelays, PutEachDelayIntoOneBucketUpToItsBound) {
    for (std::size_t bucket = 0; bucket < LabelDelays::kBuckets; ++bucket) {
        LabelDelays delays;
        delays.add(LabelDelays::upper(bucket));
        EXPECT_EQ(delays.buckets()[bucket], 1U) << bucket;
        delays.add(LabelDelays::upper(bucket) + milliseconds(1));
        EXPECT_EQ(delays.buckets()[bucket + 1], 1U) << bucket;
    }
    LabelDelays delays;
    delays.add(milliseconds(0));
    EXPECT_EQ(delays.buckets()[0], 1U);
}

TEST(LabelDelays, SayNothingOfAClockThatWasSet) {
    LabelDelays delays;
    delays.add(-hours(5));
    EXPECT_EQ(delays.count(), 0U);
    EXPECT_EQ(delays.unmeasured(), 1U);
    for (int i = 0; i < 100; ++i)
        delays.add(milliseconds(std::numeric_limits<std::int64_t>::max()));
    EXPECT_GT(delays.sum(), milliseconds(0)) << "nothing overflows";
    EXPECT_EQ(delays.buckets().back(), 100U);
}

}  // namespace
}  // namespace skerry::feedback
