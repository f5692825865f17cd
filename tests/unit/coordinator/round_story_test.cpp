#include "coordinator/ledger/round_story.hpp"

#include <gmock/gmock.h>

#include "aggregation/staleness.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/unit/coordinator/eventful_history.hpp"

namespace skerry::coordinator::ledger {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TimePoint second(int second) {
    return TimePoint{std::chrono::seconds(second)};
}

RoundStory published(std::uint64_t accepted, int frozen) {
    RoundStory story;
    story.round.id = RoundId{7};
    story.round.state = "published";
    story.round.opened = second(0);
    story.round.deadline = second(300);
    story.round.goal = 3;
    story.round.quorum = 2;
    story.round.accepted = accepted;
    story.round.frozen = second(frozen);
    story.round.ended = second(frozen + 1);
    story.round.version = ModelVersion{8};
    story.round.parent = ModelVersion{7};
    return story;
}

UpdateRow row(const std::string& name, std::uint64_t examples, std::uint64_t examples_max, std::uint64_t staleness) {
    UpdateRow update;
    update.update.sequence = Sequence{12};
    update.name = name;
    update.examples = examples;
    update.staleness = staleness;
    update.weight = aggregation::weight_of(examples, examples_max, staleness);
    return update;
}

TEST(RoundReasons, SayThatTheGoalWasReached) {
    const auto reasons = reasons_of(published(3, 12));
    EXPECT_THAT(reasons.course[0], HasSubstr("12 s after it opened, because its goal of 3 updates was reached"));
    EXPECT_THAT(reasons.course[1], HasSubstr("Version 8 came of it"));
}

TEST(RoundReasons, SayThatTheTimeWasUpWithAQuorum) {
    EXPECT_THAT(reasons_of(published(2, 300)).course[0],
                HasSubstr("because its time was up: with 2 of the 3 updates of its goal it had its quorum of 2"));
}

TEST(RoundReasons, SayWhichAlarmHastenedIt) {
    RoundStory story = published(2, 12);
    story.alarm.emplace();
    story.alarm->name = "porch";
    story.alarm->alarm.number = 4;
    story.alarm->alarm.label_class = 1;
    EXPECT_THAT(reasons_of(story).course[0],
                HasSubstr("with 2 updates: porch had raised alarm 4 (its errors of class 1 "
                          "rose), which made it an early round"));
    story.round.frozen = second(300);
    EXPECT_THAT(reasons_of(story).course[0], Not(HasSubstr("porch"))) << "it came too late to hasten anything";
}

TEST(RoundReasons, SayForWhichNumberItWasAbandoned) {
    RoundStory story = published(1, 0);
    story.round.state = "abandoned";
    story.round.frozen.reset();
    story.round.version.reset();
    story.round.ended = second(301);
    story.round.reason = "1 of the 2 updates that the quorum asks for came in 301 s";
    EXPECT_THAT(reasons_of(story).course[0], HasSubstr("301 s after it opened: 1 of the 2 updates that the quorum"));
}

TEST(RoundReasons, SayWhatAnOpenRoundWaitsFor) {
    RoundStory story = published(1, 0);
    story.round.state = "open";
    EXPECT_THAT(reasons_of(story).course, ElementsAre(HasSubstr("has 0 updates: it closes with 3, or at ")));
    story.alarm.emplace();
    EXPECT_THAT(reasons_of(story).course[0], HasSubstr("it closes with 2, or at "));
}

TEST(RoundReasons, SayWhatLoweredAWeight) {
    RoundStory story = published(3, 12);
    story.counted = {row("fresh", 100, 4096, 0), row("stale", 100, 4096, 1), row("greedy", 5000, 4096, 0),
                     row("doubted", 100, 1, 0)};
    const auto counted = reasons_of(story).counted;
    ASSERT_THAT(counted, SizeIs(4));
    EXPECT_THAT(counted[0], EndsWith("(weight 6400, 100 examples at 64)."));
    EXPECT_THAT(counted[1], HasSubstr("100 examples at 45 instead of 64, because it is 1 version behind"));
    EXPECT_THAT(counted[2], HasSubstr("it claimed 5000, and its lease lets no more than 4096 count"));
    EXPECT_THAT(counted[3], HasSubstr("it claimed 100, and counts as one: its node is doubted, or its lease"));
    EXPECT_THAT(counted[2], HasSubstr("update 12 of greedy: 96."));
}

TEST(RoundReasons, ComeFromTheLedgerAlone) {
    auto journal = *SqliteJournal::open(":memory:");
    ASSERT_TRUE(journal.append(kFederationStream, 0, eventful_history()));
    const History history(journal.database());
    const auto story_of = [&](std::uint64_t id) {
        RoundStory story;
        story.round = *history.round(RoundId{id});
        story.counted = *history.contributors(story.round);
        story.refused = *history.refusals(story.round.id);
        story.set_aside = *history.set_aside(story.round.id);
        story.left_over = *history.left_over(story.round.id);
        return reasons_of(story);
    };
    const auto abandoned = story_of(1);
    EXPECT_THAT(abandoned.counted, IsEmpty());
    EXPECT_THAT(abandoned.left_over, ElementsAre(HasSubstr(": counted by round 2, in version 2.")));
    const auto closed = story_of(3);
    EXPECT_THAT(closed.counted, Not(IsEmpty()));
    EXPECT_THAT(closed.refused, Contains(HasSubstr("norm: ")));
    const auto newest = history.rounds(1)->front().id.value;
    EXPECT_THAT(story_of(newest).set_aside, Contains(HasSubstr("its node was revoked")));
}

}  // namespace
}  // namespace skerry::coordinator::ledger
