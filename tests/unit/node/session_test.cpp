#include "edge-node/session/session.hpp"

#include <gtest/gtest.h>

#include "tests/unit/node/federation.hpp"

namespace skerry::node {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Federation;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::VariantWith;
using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours(1)};

MATCHER_P(Says, matcher, "") {
    const auto* send = std::get_if<Send>(&arg);
    return send != nullptr && ::testing::ExplainMatchResult(matcher, send->message, result_listener);
}
template <class Message>
auto says() {
    return Says(VariantWith<Message>(::testing::_));
}
template <class Order>
auto orders() {
    return VariantWith<Order>(::testing::_);
}
template <class Order>
Order the(const Actions& actions) {
    for (const Action& action : actions)
        if (const auto* order = std::get_if<Order>(&action)) return *order;
    ADD_FAILURE() << "no such action";
    return Order{};
}
template <class Message>
Message the_message(const Actions& actions) {
    for (const Action& action : actions)
        if (const auto* send = std::get_if<Send>(&action))
            if (const auto* message = std::get_if<Message>(&send->message)) return *message;
    ADD_FAILURE() << "no such message";
    return Message{};
}

class SessionTest : public ::testing::Test {
protected:
    Session open(std::uint64_t installed = 0) { return open_from(federation_.joined(installed)); }
    Session open_from(const DurableState& state) {
        auto session = Session::open(federation_.config(), state);
        EXPECT_TRUE(session) << session.error().message;
        return std::move(*session);
    }
    Actions tell(Session& session, const Event& event) { return session.handle(event, now_); }
    template <class Message>
    Actions hear(Session& session, Message message) {
        return tell(session, MessageReceived{std::move(message)});
    }
    Actions wait(Session& session, std::chrono::milliseconds time) {
        now_ += time;
        return tell(session, TimePassed{});
    }
    /// Lets time pass to each deadline until the session does something of this kind.
    template <class Message>
    Message wait_for(Session& session) {
        for (int tries = 0; tries < 100; ++tries) {
            const auto deadline = session.deadline();
            if (!deadline) break;
            now_ = std::max(now_, *deadline);
            for (const Action& action : tell(session, TimePassed{}))
                if (const auto* send = std::get_if<Send>(&action))
                    if (const auto* message = std::get_if<Message>(&send->message)) return *message;
        }
        ADD_FAILURE() << "it was never said";
        return {};
    }
    /// Installed version 1, welcomed, nothing to do.
    Session settled() {
        Session session = open(1);
        tell(session, Connected{});
        hear(session, federation_.welcome(1));
        return session;
    }
    /// As settled, with update 1 in the spool and offered.
    Session offering() {
        Session session = settled();
        tell(session, StepLearned{});
        tell(session, StepLearned{});
        const Actions taken = hear(session, federation_.grant(1));
        update_ = federation_.spooled(the<TakeUpdate>(taken));
        tell(session, UpdateSpooled{update_});
        return session;
    }

    Federation federation_;
    TimePoint now_ = kStart;
    SpooledUpdate update_;
};

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

TEST_F(SessionTest, FetchesVerifiesAndInstallsTheVersionThatWelcomeAnnounces) {
    Session session = open();
    tell(session, Connected{});
    const wire::ModelPull pull = the_message<wire::ModelPull>(hear(session, federation_.welcome(1)));
    EXPECT_EQ(pull.version, ModelVersion{1});
    EXPECT_EQ(pull.count, 1U);
    const wire::ModelChunk chunk{ModelVersion{1}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(1))};
    const Actions actions = hear(session, chunk);
    EXPECT_THAT(actions, ElementsAre(orders<StoreModelChunk>(), orders<InstallVersion>()));
    EXPECT_THAT(hear(session, chunk), IsEmpty());
    EXPECT_EQ(session.installed(), ModelVersion{0});
    tell(session, VersionInstalled{ModelVersion{1}});
    EXPECT_EQ(session.installed(), ModelVersion{1});
}

TEST_F(SessionTest, FetchesAgainWhatDoesNotHashToItsManifest) {
    Session session = open();
    tell(session, Connected{});
    hear(session, federation_.welcome(1));
    wire::ModelChunk chunk{ModelVersion{1}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(7))};
    EXPECT_THAT(hear(session, chunk), ElementsAre(orders<Notice>()));
    EXPECT_EQ(wait_for<wire::ModelPull>(session).first, 0U);
    chunk.bytes = Federation::bytes_of_floats(federation_.weights(1));
    EXPECT_THAT(hear(session, chunk), Contains(orders<InstallVersion>()));
}

TEST_F(SessionTest, ResumesAPullAtTheChunkWhereItStoppedWithFourInFlight) {
    federation_.values = {10, 20, 6 * limits::kChunkBytes / sizeof(float)};
    Session session = open();
    tell(session, Connected{});
    EXPECT_EQ(the_message<wire::ModelPull>(hear(session, federation_.welcome(1))).count, limits::kChunkCredit);
    const Bytes bytes = Federation::bytes_of_floats(federation_.weights(1));
    const auto chunk = [&](std::uint32_t index) {
        const auto first = bytes.begin() + index * static_cast<std::ptrdiff_t>(limits::kChunkBytes);
        return wire::ModelChunk{ModelVersion{1}, Tier::Heavy, index,
                                Bytes(first, first + static_cast<std::ptrdiff_t>(limits::kChunkBytes))};
    };
    const wire::ModelPull more = the_message<wire::ModelPull>(hear(session, chunk(0)));
    EXPECT_EQ(more.first, 4U);
    EXPECT_EQ(more.count, 1U);
    hear(session, chunk(1));
    EXPECT_THAT(hear(session, chunk(3)), IsEmpty()) << "out of order";
    tell(session, Disconnected{});
    tell(session, Connected{});
    EXPECT_EQ(the_message<wire::ModelPull>(hear(session, federation_.welcome(1))).first, 2U);
    for (std::uint32_t index = 2; index < 5; ++index)
        hear(session, chunk(index));
    EXPECT_THAT(hear(session, chunk(5)), ElementsAre(orders<StoreModelChunk>(), orders<InstallVersion>()));
}

TEST_F(SessionTest, NeverGoesBackToAnOlderVersion) {
    Session session = open(5);
    tell(session, Connected{});
    EXPECT_THAT(hear(session, federation_.welcome(4)), Not(Contains(says<wire::ModelPull>())));
    EXPECT_THAT(hear(session, federation_.announcement(5)), IsEmpty());
    EXPECT_THAT(hear(session, federation_.announcement(6)), ElementsAre(says<wire::ModelPull>()));
}

TEST_F(SessionTest, IgnoresAVersionThatAnotherKeySignedOrOfAnotherModel) {
    Session session = settled();
    EXPECT_THAT(hear(session, Federation{}.announcement(9)), ElementsAre(orders<Notice>()));
    wire::Manifest manifest = federation_.manifest(9);
    manifest.values[2] += 1;
    EXPECT_THAT(hear(session, wire::Announcement{wire::sign(manifest, federation_.signing), Sequence{}}),
                ElementsAre(orders<Notice>()));
}

TEST_F(SessionTest, StaysWhereItIsWhenAVersionCannotBeUsedUntilANewerOneComes) {
    Session session = settled();
    hear(session, federation_.announcement(2));
    hear(session,
         wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(2))});
    tell(session, VersionRefused{ModelVersion{2}, "it answers nonsense"});
    EXPECT_THAT(hear(session, federation_.announcement(2)), IsEmpty());
    EXPECT_THAT(hear(session, federation_.announcement(3)), ElementsAre(says<wire::ModelPull>()));
}

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

TEST_F(SessionTest, InstallsTogetherWithWhatTheVersionCountedAndForgetsThoseUpdates) {
    Session session = offering();
    hear(session, federation_.receipt(update_));
    hear(session, federation_.announcement(2, 1));
    const Actions actions = hear(session, wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0,
                                                           Federation::bytes_of_floats(federation_.weights(2))});
    EXPECT_EQ(the<InstallVersion>(actions).counted, Sequence{1});
    EXPECT_EQ(session.status(now_).accepted, 1U) << "until it is durable";
    tell(session, VersionInstalled{ModelVersion{2}});
    EXPECT_EQ(session.status(now_).accepted, 0U);
}

TEST_F(SessionTest, TakesAVersionThatCountsAnUpdateForItsReceipt) {
    Session session = offering();
    hear(session, federation_.announcement(2, 1));
    hear(session,
         wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(2))});
    tell(session, VersionInstalled{ModelVersion{2}});
    EXPECT_EQ(session.status(now_).offered, std::nullopt);
    EXPECT_THAT(wait(session, 60s), Not(Contains(says<wire::UpdateOffer>())));
}

TEST_F(SessionTest, InstallsOnlyAfterTheUpdateThatIsBeingTaken) {
    Session session = settled();
    tell(session, StepLearned{});
    tell(session, StepLearned{});
    const Actions taken = hear(session, federation_.grant(1));
    hear(session, federation_.announcement(2));
    EXPECT_THAT(hear(session, wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0,
                                               Federation::bytes_of_floats(federation_.weights(2))}),
                ElementsAre(orders<StoreModelChunk>()));
    EXPECT_THAT(tell(session, UpdateSpooled{federation_.spooled(the<TakeUpdate>(taken))}),
                Contains(orders<InstallVersion>()));
}

struct RefusalCase {
    wire::RefusalCode code;
    bool puts_back;
    Notice::Level level;
};

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
    hear(session, wire::LeaseDenied{wire::LeaseDenied::Reason::Wait, 20s});
    EXPECT_NE(session.status(now_).waiting, "");
    const TimePoint before = now_;
    wait_for<wire::LeaseRequest>(session);
    EXPECT_GE(now_ - before, 15s);
    EXPECT_LE(now_ - before, 25s);
}

TEST_F(SessionTest, AsksForALeaseAtOnceWhenANewVersionIsInstalled) {
    Session session = settled();
    tell(session, StepLearned{});
    tell(session, StepLearned{});
    hear(session, wire::LeaseDenied{wire::LeaseDenied::Reason::Wait, 500s});
    hear(session, federation_.announcement(2));
    hear(session,
         wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(2))});
    const Actions actions = tell(session, VersionInstalled{ModelVersion{2}});
    EXPECT_EQ(the_message<wire::LeaseRequest>(actions).base, ModelVersion{2});
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

TEST_F(SessionTest, StopsTalkingWhenRevoked) {
    Session session = offering();
    hear(session, wire::Denied{wire::Denied::Reason::Revoked, "revoked by the operator."});
    EXPECT_EQ(session.status(now_).link, SessionStatus::Link::Denied);
    EXPECT_EQ(session.deadline(), std::nullopt);
    tell(session, Disconnected{});
    EXPECT_THAT(tell(session, Connected{}), IsEmpty());
    EXPECT_THAT(hear(session, federation_.welcome(2)), IsEmpty());
}

TEST_F(SessionTest, TriesAgainMuchLaterWhenDeniedForItsProtocol) {
    Session session = open(1);
    tell(session, Connected{});
    hear(session, wire::Denied{wire::Denied::Reason::Protocol, "this node speaks protocol 1"});
    const TimePoint before = now_;
    wait_for<wire::Hello>(session);
    EXPECT_GE(now_ - before, 3min);
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
