#include "feedback/label_join.hpp"

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

TEST(LabelJoin, AcceptsALabelWhoseRequestWaits) {
    EXPECT_EQ(judge_label({.waiting = 7}, 3), LabelVerdict::Accepted);
}

TEST(LabelJoin, TakesARepeatedLabelOnceEvenIfItsRequestStillSeemsToWaitAfterACrash) {
    EXPECT_EQ(judge_label({.recorded = RecordedLabel{3, 7}, .waiting = 7}, 3), LabelVerdict::Duplicate);
    EXPECT_EQ(judge_label({.recorded = RecordedLabel{3, 7}, .expired = true}, 3), LabelVerdict::Duplicate);
}

TEST(LabelJoin, KeepsTheFirstLabelWhenAnotherOneContradictsIt) {
    EXPECT_EQ(judge_label({.recorded = RecordedLabel{3, 7}, .waiting = 7}, 4), LabelVerdict::Contradictory);
}

TEST(LabelJoin, GivesTheLabelOfAReusedIdToTheNewestSampleAndSaysSo) {
    EXPECT_EQ(judge_label({.recorded = RecordedLabel{3, 7}, .waiting = 8}, 4), LabelVerdict::Reused);
    EXPECT_EQ(judge_label({.waiting = 8, .id_reused = true}, 4), LabelVerdict::Reused);
    EXPECT_EQ(judge_label({.recorded = RecordedLabel{4, 8}, .waiting = 8, .id_reused = true}, 4),
              LabelVerdict::Duplicate);
}

TEST(LabelJoin, TellsALateLabelFromOneOfAnUnknownRequest) {
    EXPECT_EQ(judge_label({.expired = true}, 3), LabelVerdict::Late);
    EXPECT_EQ(judge_label({}, 3), LabelVerdict::Unknown);
}

TEST(LabelJoin, NamesEachVerdict) {
    EXPECT_EQ(name_of(LabelVerdict::Contradictory), "contradictory");
    EXPECT_EQ(name_of(LabelVerdict::Late), "late");
}

}  // namespace
}  // namespace skerry::feedback
