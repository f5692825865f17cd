#include "tests/support/sample_audits.hpp"
#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/node/session_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

TEST_F(SessionTest, HeedsTheFleetsAuditsOnceForEachVersion) {
    Session session = settled();
    wire::Announcement announcement = federation_.announcement(2);
    announcement.audits = sample_audits(400, 2);
    EXPECT_THAT(hear(session, announcement),
                ElementsAre(orders<HeedAudits>(), orders<BeginVersion>(), says<wire::ModelPull>()));
    EXPECT_THAT(hear(session, announcement), IsEmpty());
    wire::Announcement foreign = Federation{}.announcement(3);
    foreign.audits = announcement.audits;
    EXPECT_THAT(hear(session, foreign), ElementsAre(orders<Notice>())) << "of a key that nobody knows";
}

TEST_F(SessionTest, ComparesAVersionOnTrialBeforeItIsFetchedAndUntilTheTrialEnds) {
    Session session = settled();
    wire::Announcement announcement = federation_.announcement(2);
    announcement.trial_against = ModelVersion{1};
    const Actions begun = hear(session, announcement);
    EXPECT_EQ(the<HeedTrial>(begun).version, ModelVersion{2});
    EXPECT_EQ(the<HeedTrial>(begun).against, ModelVersion{1});
    EXPECT_THAT(begun, Contains(says<wire::ModelPull>()));
    EXPECT_THAT(hear(session, announcement), Not(Contains(orders<HeedTrial>()))) << "once";
    announcement.trial_against = {};
    EXPECT_EQ(the<HeedTrial>(hear(session, announcement)).version, ModelVersion{});
}

TEST_F(SessionTest, ReportsWhatATrialHasShownWithinASecond) {
    Session session = settled();
    tell(session, TrialMeasured{});
    ASSERT_TRUE(session.deadline());
    EXPECT_LE(*session.deadline(), now_ + 1s);
}

TEST_F(SessionTest, HearsTheFleetsAuditsAgainAfterARestart) {
    Session session = open(5);
    tell(session, Connected{});
    wire::Welcome welcome = federation_.welcome(5);
    welcome.newest.audits = sample_audits(400, 2);
    EXPECT_THAT(hear(session, welcome), Contains(orders<HeedAudits>()));
}

TEST_F(SessionTest, HeedsTheFleetsSoftLabelsOnceForEachVersionAndAgainAfterARestart) {
    Session session = settled();
    wire::Announcement announcement = federation_.announcement(2);
    announcement.soft_labels = sample_soft_labels({9, 9, 9}, 60'000);
    const Actions actions = hear(session, announcement);
    EXPECT_EQ(the<HeedSoftLabels>(actions).labels, announcement.soft_labels);
    EXPECT_THAT(hear(session, announcement), IsEmpty());
    wire::Announcement foreign = Federation{}.announcement(3);
    foreign.soft_labels = announcement.soft_labels;
    EXPECT_THAT(hear(session, foreign), ElementsAre(orders<Notice>())) << "of a key that nobody knows";

    Session again = open(5);
    tell(again, Connected{});
    wire::Welcome welcome = federation_.welcome(5);
    welcome.newest.soft_labels = announcement.soft_labels;
    EXPECT_THAT(hear(again, welcome), Contains(orders<HeedSoftLabels>()));
}

}  // namespace
}  // namespace skerry::node
