#include "aggregation/rules/rule_spec.hpp"

#include <gmock/gmock.h>

namespace skerry::aggregation {
namespace {

using ::testing::HasSubstr;

TEST(RuleSpec, ReadsWhatItWrites) {
    for (const char* text : {"mean", "norm_bound, mean", "norm_bound(2.5), mean", "median", "trimmed_mean(0.2)",
                             "krum(2)", "krum_byzfl(2)", "multi_krum(1)", "multi_krum(1, 4)", "multi_krum_byzfl(1)",
                             "bulyan(1)", "geometric_median(1e-06, 32)", "centred_clipping(0, 5)",
                             "norm_bound, bucketing(2), nnm(1), trimmed_mean(0.25)"}) {
        const auto spec = parse_rule(text);
        ASSERT_TRUE(spec) << text << ": " << spec.error().message;
        EXPECT_EQ(text_of(*spec), text);
    }
}

TEST(RuleSpec, WritesTheNumbersThatWereLeftOut) {
    EXPECT_EQ(text_of(*parse_rule("  geometric_median")), "geometric_median(1e-06, 32)");
    EXPECT_EQ(text_of(*parse_rule("centred_clipping( 10 )")), "centred_clipping(10, 5)");
}

TEST(RuleSpec, ListsWhatThereIsToWhoeverAsksForAnother) {
    const auto other = parse_rule("krumm(1)");
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("'krumm(1)'"));
    for (const char* name : {"mean", "median", "trimmed_mean", "krum(f)", "krum_byzfl", "multi_krum", "bulyan",
                             "geometric_median", "centred_clipping", "norm_bound", "nnm(f)", "bucketing"})
        EXPECT_THAT(other.error().message, HasSubstr(name));
}

TEST(RuleSpec, RefusesWhatIsNoRule) {
    for (const char* text : {"",
                             ",",
                             "mean,",
                             "mean mean",
                             "mean(1)",
                             "krum",
                             "krum(1.5)",
                             "krum(-1)",
                             "krum(1e9)",
                             "krum(1",
                             "krum(1))",
                             "trimmed_mean(0.5)",
                             "trimmed_mean(-0.1)",
                             "trimmed_mean(nan)",
                             "trimmed_mean(inf)",
                             "norm_bound",
                             "norm_bound(0), mean",
                             "mean, norm_bound, mean",
                             "nnm(1), norm_bound, mean",
                             "bucketing(0), mean",
                             "median, mean",
                             "multi_krum(1, 0)",
                             "geometric_median(0)",
                             "geometric_median(1, 0)",
                             "MEAN"})
        EXPECT_FALSE(parse_rule(text)) << text;
    EXPECT_FALSE(parse_rule(std::string(100'000, '(')));
}

TEST(RuleSpec, KnowsHowManyUpdatesARuleNeeds) {
    const auto least = [](const char* text) { return parse_rule(text)->updates_min(); };
    EXPECT_EQ(least("norm_bound, mean"), 1U);
    EXPECT_EQ(least("median"), 1U);
    EXPECT_EQ(least("krum(2)"), 7U) << "n > 2f + 2";
    EXPECT_EQ(least("multi_krum(2, 8)"), 10U) << "m honest ones";
    EXPECT_EQ(least("bulyan(2)"), 11U) << "n ≥ 4f + 3";
    EXPECT_EQ(least("nnm(3), median"), 7U) << "n > 2f";
    EXPECT_EQ(least("bucketing(3), krum(1)"), 13U) << "five buckets";
}

TEST(RuleSpec, SaysRuleAndNumbersWhereThereAreTooFew) {
    const auto few = parse_rule("krum(2)")->check_count(6);
    ASSERT_FALSE(few);
    EXPECT_EQ(few.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(few.error().message, "'krum(2)' needs 7 updates (n > 2f + 2 with f = 2), there are 6");
}

TEST(RuleSpec, ComparesNoMoreUpdatesThanItHasRoomFor) {
    EXPECT_TRUE(parse_rule("krum(2)")->check_count(kComparedUpdatesMax));
    EXPECT_FALSE(parse_rule("krum(2)")->check_count(kComparedUpdatesMax + 1));
    EXPECT_FALSE(parse_rule("bucketing(2), median")->check_count(kComparedUpdatesMax + 1));
    EXPECT_TRUE(parse_rule("norm_bound, mean")->check_count(kComparedUpdatesMax + 1));
    EXPECT_TRUE(parse_rule("median")->check_count(kComparedUpdatesMax + 1));
}

}  // namespace
}  // namespace skerry::aggregation
