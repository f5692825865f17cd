#include "feedback/label_join.hpp"

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

TEST(LabelJoin, AcceptsALabelWhoseRequestWaits) {
    EXPECT_EQ(judge_label({.recorded = {}, .waiting = true, .expired = false}, 3), LabelVerdict::Accepted);
}

TEST(LabelJoin, TakesARepeatedLabelOnceEvenIfItsRequestStillSeemsToWaitAfterACrash) {
    EXPECT_EQ(judge_label({.recorded = 3, .waiting = true, .expired = false}, 3), LabelVerdict::Duplicate);
    EXPECT_EQ(judge_label({.recorded = 3, .waiting = false, .expired = true}, 3), LabelVerdict::Duplicate);
}

TEST(LabelJoin, KeepsTheFirstLabelWhenAnotherOneContradictsIt) {
    EXPECT_EQ(judge_label({.recorded = 3, .waiting = true, .expired = false}, 4), LabelVerdict::Contradictory);
}

TEST(LabelJoin, TellsALateLabelFromOneOfAnUnknownRequest) {
    EXPECT_EQ(judge_label({.recorded = {}, .waiting = false, .expired = true}, 3), LabelVerdict::Late);
    EXPECT_EQ(judge_label({}, 3), LabelVerdict::Unknown);
}

TEST(LabelJoin, NamesEachVerdict) {
    EXPECT_EQ(name_of(LabelVerdict::Contradictory), "contradictory");
    EXPECT_EQ(name_of(LabelVerdict::Late), "late");
}

}  // namespace
}  // namespace skerry::feedback
