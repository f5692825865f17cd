#include "tests/unit/node/session_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

TEST_F(SessionTest, AsksForALeaseAfterTheStepsThatWelcomeTold) {
    Session session = settled();
    EXPECT_THAT(tell(session, StepLearned{}), Not(Contains(says<wire::LeaseRequest>())));
    EXPECT_THAT(tell(session, StepLearned{}), Contains(says<wire::LeaseRequest>()));
    wait_for<wire::LeaseRequest>(session);
    const TakeUpdate order = the<TakeUpdate>(hear(session, federation_.grant(1)));
    EXPECT_EQ(order.sequence, Sequence{1});
    EXPECT_EQ(order.seal_to, federation_.seal.public_key());
}

TEST_F(SessionTest, TakesOneUpdateHoweverOftenTheLeaseIsGranted) {
    Session session = settled();
    tell(session, StepLearned{});
    tell(session, StepLearned{});
    const Actions taken = hear(session, federation_.grant(1));
    EXPECT_THAT(hear(session, federation_.grant(1)), IsEmpty());
    tell(session, UpdateSpooled{federation_.spooled(the<TakeUpdate>(taken))});
    EXPECT_THAT(hear(session, federation_.grant(1)), IsEmpty());
    EXPECT_THAT(hear(session, federation_.grant(1, 2)), IsEmpty());
}

TEST_F(SessionTest, IgnoresALeaseForAnotherBaseNodeOrSigner) {
    Session session = settled();
    tell(session, StepLearned{});
    tell(session, StepLearned{});
    EXPECT_THAT(hear(session, federation_.grant(7)), Not(Contains(orders<TakeUpdate>())));
    EXPECT_THAT(hear(session, Federation{}.grant(1)), Not(Contains(orders<TakeUpdate>())));
    wire::Lease lease = federation_.lease(1);
    lease.node.value[0] ^= std::byte{1};
    EXPECT_THAT(hear(session, wire::LeaseGrant{wire::sign(lease, federation_.signing)}),
                Not(Contains(orders<TakeUpdate>())));
}

TEST_F(SessionTest, OffersTheSameUpdateUntilAReceiptComesAndAfterEveryReconnect) {
    Session session = offering();
    const wire::UpdateOffer first = wait_for<wire::UpdateOffer>(session);
    EXPECT_EQ(first.content, update_.content);
    tell(session, Disconnected{});
    tell(session, Connected{});
    EXPECT_EQ(the_message<wire::UpdateOffer>(hear(session, federation_.welcome(1))).content, first.content);
    const Actions actions = hear(session, federation_.receipt(update_));
    EXPECT_THAT(actions, ElementsAre(orders<KeepReceipt>()));
    EXPECT_THAT(hear(session, federation_.receipt(update_)), IsEmpty());
    EXPECT_EQ(session.status(now_).accepted, 1U);
}

TEST_F(SessionTest, WithdrawsTheOfferedUpdateWhenItsOperatorUndoesLearning) {
    Session session = offering();
    tell(session, StepLearned{});
    EXPECT_THAT(tell(session, ProgressUndone{}), Contains(orders<SendReport>()));
    EXPECT_FALSE(session.status(now_).offered);
    EXPECT_EQ(session.status(now_).steps, 0U);
    EXPECT_THAT(session.status(now_).last_fate, ::testing::HasSubstr("update 1 withdrawn"));
    EXPECT_THAT(hear(session, wire::PullUpdate{Sequence{1}, 0, 1}), IsEmpty());
    EXPECT_THAT(hear(session, federation_.receipt(update_)), IsEmpty()) << "it was accepted after all, and will count";
    tell(session, StepLearned{});
    EXPECT_THAT(tell(session, StepLearned{}), Contains(says<wire::LeaseRequest>()));
    EXPECT_EQ(the<TakeUpdate>(hear(session, federation_.grant(1, 2))).sequence, Sequence{2});
}

TEST_F(SessionTest, KeepsAnAcceptedUpdateWhenItsOperatorUndoesLearning) {
    Session session = offering();
    hear(session, federation_.receipt(update_));
    tell(session, ProgressUndone{});
    EXPECT_EQ(session.status(now_).accepted, 1U);
}

TEST_F(SessionTest, SendsTheChunksThatThePullAsksFor) {
    Session session = offering();
    const SendUpdateChunks chunks = the<SendUpdateChunks>(hear(session, wire::PullUpdate{Sequence{1}, 1, 4}));
    EXPECT_EQ(chunks.first, 1U);
    EXPECT_EQ(chunks.count, 2U) << "there are three in all";
    EXPECT_THAT(hear(session, wire::PullUpdate{Sequence{2}, 0, 1}), IsEmpty());
    EXPECT_THAT(hear(session, wire::PullUpdate{Sequence{1}, 3, 1}), IsEmpty());
    EXPECT_THAT(hear(session, wire::PullUpdate{Sequence{1}, 0, 5}), IsEmpty());
}

TEST_F(SessionTest, DoesNotBelieveAReceiptForOtherBytes) {
    Session session = offering();
    SpooledUpdate other = update_;
    other.content[0] ^= std::byte{1};
    EXPECT_THAT(hear(session, federation_.receipt(other)), ElementsAre(orders<Notice>()));
    EXPECT_EQ(session.status(now_).offered, Sequence{1});
}

TEST_F(SessionTest, SaysOnceThatTheCoordinatorCannotReadItsOffer) {
    Session session = offering();
    const wire::Refusal unreadable{Sequence{}, wire::RefusalCode::Malformed, "the header is damaged"};
    EXPECT_THAT(hear(session, unreadable), ElementsAre(orders<Notice>()));
    EXPECT_THAT(hear(session, unreadable), IsEmpty());
    EXPECT_THAT(session.status(now_).last_fate, ::testing::HasSubstr("update 1 can't be read"));
}

struct RefusalCase {
    wire::RefusalCode code;
    bool puts_back;
    Notice::Level level;
};

void PrintTo(const RefusalCase& refusal, std::ostream* out) {
    *out << name_of(refusal.code);
}

class RefusedTest : public SessionTest, public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(RefusedTest, PutsBackOrDropsExactlyAsTheProtocolSays) {
    Session session = offering();
    const Actions actions = hear(session, wire::Refusal{Sequence{1}, GetParam().code, "because"});
    EXPECT_EQ(the<Notice>(actions).level, GetParam().level);
    if (GetParam().puts_back) {
        EXPECT_EQ(the<PutBack>(actions).sequence, Sequence{1});
        wait_for<wire::LeaseRequest>(session);
        EXPECT_EQ(the<TakeUpdate>(hear(session, federation_.grant(1, 2))).sequence, Sequence{2});
    } else {
        EXPECT_EQ(the<DropProgress>(actions).sequence, Sequence{1});
        EXPECT_THAT(wait(session, 60s), Not(Contains(says<wire::LeaseRequest>()))) << "nothing is left to share";
    }
    EXPECT_THAT(hear(session, wire::Refusal{Sequence{1}, GetParam().code, "because"}), IsEmpty());
}

using Code = wire::RefusalCode;
using Level = Notice::Level;
INSTANTIATE_TEST_SUITE_P(
    EachCode, RefusedTest,
    ::testing::Values(
        RefusalCase{Code::Stale, true, Level::Info}, RefusalCase{Code::Unleased, true, Level::Info},
        RefusalCase{Code::NotYourTurn, true, Level::Info}, RefusalCase{Code::Oversized, true, Level::Info},
        RefusalCase{Code::Malformed, true, Level::Error}, RefusalCase{Code::Unsigned, true, Level::Error},
        RefusalCase{Code::Undecryptable, true, Level::Error}, RefusalCase{Code::Replayed, true, Level::Error},
        RefusalCase{Code::NonFinite, false, Level::Error}, RefusalCase{Code::OutOfBounds, false, Level::Error},
        RefusalCase{Code::Norm, false, Level::Error}, RefusalCase{Code::Misshapen, false, Level::Error}),
    [](const auto& refusal) { return std::string(wire::name_of(refusal.param.code)); });

TEST_F(SessionTest, IgnoresALateRefusalOfAnUpdateThatHasItsReceipt) {
    Session session = offering();
    hear(session, federation_.receipt(update_));
    EXPECT_THAT(hear(session, wire::Refusal{Sequence{1}, wire::RefusalCode::Stale, ""}), IsEmpty());
}

TEST_F(SessionTest, WaitsWithTheNextLeaseAsLongAsItIsTold) {
    Session session = settled();
    tell(session, StepLearned{});
    tell(session, StepLearned{});
    hear(session, wire::LeaseDenied{wire::LeaseDenied::Reason::Wait, 20s, "this node is in quarantine"});
    EXPECT_EQ(session.status(now_).waiting, "this node is in quarantine");
    const TimePoint before = now_;
    wait_for<wire::LeaseRequest>(session);
    EXPECT_GE(now_ - before, 15s);
    EXPECT_LE(now_ - before, 25s);
}

TEST_F(SessionTest, ContinuesAboveTheHighestSequenceThatTheCoordinatorKnows) {
    Session session = open(1);
    tell(session, Connected{});
    hear(session, federation_.welcome(1, 0, 41));
    tell(session, StepLearned{});
    tell(session, StepLearned{});
    EXPECT_EQ(the<TakeUpdate>(hear(session, federation_.grant(1))).sequence, Sequence{42});
}

TEST_F(SessionTest, GoesOnAfterACrashWithItsUnsentUpdateFromTheDurableState) {
    DurableState state = federation_.joined(1);
    SpooledUpdate accepted;
    accepted.sequence = Sequence{3};
    accepted.accepted = true;
    SpooledUpdate unsent;
    unsent.sequence = Sequence{4};
    state.spool = {accepted, unsent};
    state.next_sequence = Sequence{5};
    Session session = open_from(state);
    EXPECT_EQ(the_message<wire::Hello>(tell(session, Connected{})).last_sequence, Sequence{4});
    EXPECT_THAT(hear(session, federation_.welcome(1)), Contains(says<wire::UpdateOffer>()));
}

TEST_F(SessionTest, SharesStepsThatWereLearnedBeforeTheCrash) {
    DurableState state = federation_.joined(1);
    state.steps = 2;
    Session session = open_from(state);
    tell(session, Connected{});
    EXPECT_THAT(hear(session, federation_.welcome(1)), Contains(says<wire::LeaseRequest>()));
}

TEST_F(SessionTest, ReportsAnAlarmSoonAndHeedsWhatIsMadeOfIt) {
    Session session = settled();
    now_ += 2s;
    EXPECT_THAT(tell(session, DriftSeen{}), Contains(orders<SendReport>()));
    wire::Announcement announcement = federation_.announcement(1);
    EXPECT_THAT(hear(session, announcement), IsEmpty()) << "nothing new";
    announcement.alarms_known = 3;
    EXPECT_EQ(the<HeedDrift>(hear(session, announcement)).alarms_known, 3U);
    EXPECT_THAT(hear(session, announcement), IsEmpty()) << "once is enough";
    announcement.drift.lasts = 60s;
    EXPECT_EQ(the<HeedDrift>(hear(session, announcement)).lasts, 60s);
    EXPECT_EQ(the<HeedDrift>(hear(session, announcement)).alarms_known, 3U);
}

TEST_F(SessionTest, WritesUpdatesAsTheCoordinatorAsks) {
    Session session = settled();
    wire::Welcome welcome = federation_.welcome(1);
    welcome.steps_per_update = 1;
    welcome.delta = {wire::DeltaEncoding::Top, 1000};
    hear(session, welcome);
    tell(session, StepLearned{});
    EXPECT_EQ(the<TakeUpdate>(hear(session, federation_.grant(1, 1))).delta, welcome.delta);
}

TEST_F(SessionTest, ContributesAfterEachStepWhileAnEarlyRoundGathers) {
    Session session = settled();
    wire::Welcome welcome = federation_.welcome(1);
    welcome.steps_per_update = 5;
    hear(session, welcome);
    EXPECT_THAT(tell(session, StepLearned{}), Not(Contains(says<wire::LeaseRequest>())));
    wire::Announcement announcement = federation_.announcement(1);
    announcement.drift = {60s, true};
    EXPECT_THAT(hear(session, announcement), Contains(says<wire::LeaseRequest>()));
    EXPECT_EQ(session.status(now_).steps_per_update, 1U);
    announcement.drift.early = false;
    hear(session, announcement);
    EXPECT_EQ(session.status(now_).steps_per_update, 5U) << "the early round is over";
}

}  // namespace
}  // namespace skerry::node
