#include "tests/unit/node/session_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

TEST_F(SessionTest, SaysHelloOnEveryConnectionUntilItIsWelcomed) {
    Session session = open();
    EXPECT_THAT(tell(session, TimePassed{}), IsEmpty());
    EXPECT_THAT(tell(session, Connected{}), ElementsAre(says<wire::Hello>()));
    EXPECT_THAT(tell(session, TimePassed{}), IsEmpty());
    EXPECT_THAT(wait(session, 2s), ElementsAre(says<wire::Hello>()));
    hear(session, federation_.welcome(1));
    EXPECT_THAT(wait(session, 1500ms), Not(Contains(says<wire::Hello>())));
    tell(session, Disconnected{});
    EXPECT_EQ(session.deadline(), std::nullopt);
    EXPECT_THAT(tell(session, Connected{}), Contains(says<wire::Hello>()));
}

TEST_F(SessionTest, RepeatsHelloWithGrowingPauses) {
    Session session = open();
    tell(session, Connected{});
    TimePoint before = now_;
    std::vector<std::chrono::milliseconds> pauses;
    for (int i = 0; i < 8; ++i) {
        wait_for<wire::Hello>(session);
        pauses.push_back(now_ - before);
        before = now_;
    }
    EXPECT_GE(pauses[0], 750ms);
    EXPECT_LT(pauses[0], 1250ms);
    EXPECT_GE(pauses[3], 6s);
    for (const auto pause : pauses)
        EXPECT_LE(pause, 37'500ms);
}

TEST_F(SessionTest, AsksAgainForTheNewestVersionWhenAllIsQuietBecauseAnAnnouncementMayBeLost) {
    Session session = settled();
    const TimePoint before = now_;
    wait_for<wire::Hello>(session);
    EXPECT_LE(now_ - before, 40s);
}

TEST_F(SessionTest, RefusesStateThatIsNotOfItsFederation) {
    Federation other;
    DurableState state = federation_.joined();
    state.keys = other.keys();
    EXPECT_EQ(Session::open(federation_.config(), state).error().code, ErrorCode::PermissionDenied);
    state = federation_.joined();
    state.certificate = other.certificate();
    EXPECT_FALSE(Session::open(federation_.config(), state));
}

TEST_F(SessionTest, IgnoresAWelcomeWhoseKeysTheRootDidNotSign) {
    Session session = open();
    tell(session, Connected{});
    wire::Welcome forged = federation_.welcome(1);
    forged.keys.signature[0] ^= std::byte{1};
    EXPECT_THAT(hear(session, forged), Not(Contains(says<wire::ModelPull>())));
    EXPECT_EQ(session.status(now_).link, SessionStatus::Link::Greeting);
}

TEST_F(SessionTest, KeepsNewerKeysAndRefusesOlderOnes) {
    DurableState state = federation_.joined(1);
    state.keys = federation_.keys(5);
    Session session = open_from(state);
    tell(session, Connected{});
    wire::Welcome welcome = federation_.welcome(1);
    welcome.keys = federation_.keys(4);
    EXPECT_THAT(hear(session, welcome), ElementsAre(orders<Notice>()));
    welcome.keys = federation_.keys(6);
    EXPECT_THAT(hear(session, welcome), Contains(orders<KeepKeys>()));
    EXPECT_EQ(session.keys().serial, 6U);
}

TEST_F(SessionTest, KeepsAFreshCertificate) {
    Session session = open(1);
    tell(session, Connected{});
    wire::Welcome welcome = federation_.welcome(1);
    welcome.certificate = federation_.certificate(TimePoint(std::chrono::hours(9999)));
    EXPECT_THAT(hear(session, welcome), Contains(orders<KeepCertificate>()));
    EXPECT_THAT(hear(session, welcome), Not(Contains(orders<KeepCertificate>())));
}

TEST_F(SessionTest, StopsTalkingWhenRevoked) {
    Session session = offering();
    hear(session, wire::Denied{wire::Denied::Reason::Revoked, "revoked by the operator."});
    EXPECT_EQ(session.status(now_).link, SessionStatus::Link::Denied);
    EXPECT_EQ(session.deadline(), std::nullopt);
    tell(session, Disconnected{});
    EXPECT_THAT(tell(session, Connected{}), IsEmpty());
    EXPECT_THAT(hear(session, federation_.welcome(2)), IsEmpty());
}

TEST_F(SessionTest, TriesAgainMuchLaterWhenDeniedForWhatAnOperatorMayMend) {
    using Reason = wire::Denied::Reason;
    for (const Reason reason : {Reason::Protocol, Reason::Model, Reason::Expired}) {
        Session session = open(1);
        tell(session, Connected{});
        hear(session, wire::Denied{reason, "no"});
        EXPECT_EQ(session.status(now_).link, SessionStatus::Link::Denied);
        EXPECT_EQ(session.status(now_).denial, reason);
        const TimePoint before = now_;
        wait_for<wire::Hello>(session);
        EXPECT_GE(now_ - before, 3min) << name_of(reason);
    }
}

TEST_F(SessionTest, ReportsEveryFifteenSecondsAndAfterStepsAtMostOnceASecond) {
    Session session = settled();
    now_ += 2s;
    EXPECT_THAT(tell(session, StepLearned{}), Contains(orders<SendReport>()));
    EXPECT_THAT(tell(session, StepLearned{}), Not(Contains(orders<SendReport>())));
    EXPECT_THAT(wait(session, 1s), Contains(orders<SendReport>()));
    EXPECT_THAT(wait(session, 14s), Not(Contains(orders<SendReport>())));
    EXPECT_THAT(wait(session, 1s), Contains(orders<SendReport>()));
}

TEST_F(SessionTest, AloneTakesItsFirstVersionAndThenFallsSilent) {
    SessionConfig config = federation_.config();
    config.alone = true;
    auto session = Session::open(config, federation_.joined());
    ASSERT_TRUE(session);
    tell(*session, Connected{});
    hear(*session, federation_.welcome(1));
    hear(*session,
         wire::ModelChunk{ModelVersion{1}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(1))});
    EXPECT_THAT(tell(*session, VersionInstalled{ModelVersion{1}}), ElementsAre(says<wire::Goodbye>()));
    tell(*session, StepLearned{});
    EXPECT_THAT(tell(*session, StepLearned{}), IsEmpty());
    EXPECT_THAT(hear(*session, federation_.announcement(2)), IsEmpty());
    EXPECT_EQ(session->deadline(), std::nullopt);
}

TEST_F(SessionTest, SaysGoodbyeWhenItStops) {
    Session session = settled();
    EXPECT_THAT(tell(session, Stopping{}), ElementsAre(says<wire::Goodbye>()));
}

}  // namespace
}  // namespace skerry::node
