#include "coordinator/ledger/error_tally.hpp"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "coordinator/admission/gates.hpp"

namespace skerry::coordinator::ledger {
namespace {

constexpr auto kUnjudged = static_cast<std::size_t>(feedback::ErrorType::Unjudged);

TEST(ErrorTally, OfANodeWithoutErrorCountsIsUnjudgedAndOfAnOtherPair) {
    UpdateAccepted update;
    update.labelled = 100;
    update.errors = 7;
    update.confusions = {{1, 0, 4}, {2, 0, 1}};
    const ErrorTally tally = ErrorTally::of(update);
    EXPECT_EQ(tally.by_type[kUnjudged], 7U);
    EXPECT_EQ(tally.other, 2U);
}

TEST(ErrorTally, HasNeverLessThanNoErrorOfAnOtherPair) {
    UpdateAccepted update;
    update.labelled = 100;
    update.errors = 7;
    update.confusions = {{1, 0, 8}};
    EXPECT_EQ(ErrorTally::of(update).other, 0U);
    update.confusions.assign(limits::kReportClassPairsMax, {1, 0, ~0U});
    update.errors = 0;
    EXPECT_EQ(ErrorTally::of(update).other, 0U);
}

// Law: what the gates let pass can be summed for longer than any fleet lives, also in SQLite's integers, which have a
// sign.
TEST(ErrorTally, HoldsAThousandMillionUpdatesOfAllThatTheGatesLetPass) {
    UpdateAccepted update;
    update.labelled = update.errors = kLabelledMax;
    ErrorTally sum = ErrorTally::of(update);
    for (int doubled = 0; doubled < 30; ++doubled)
        sum += ErrorTally(sum);
    EXPECT_EQ(sum.updates, 1ULL << 30U);
    EXPECT_EQ(sum.labelled / sum.updates, kLabelledMax) << "nothing has wrapped";
    EXPECT_EQ(sum.by_type[kUnjudged], sum.errors);
    EXPECT_EQ(sum.other, sum.errors);
    EXPECT_LT(sum.labelled, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace
}  // namespace skerry::coordinator::ledger
