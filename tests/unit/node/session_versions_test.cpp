#include "tests/unit/node/session_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

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

TEST_F(SessionTest, FetchesAgainWhatIsNotWhatItsManifestSaysAndWaitsLongerEachTime) {
    Session session = open();
    tell(session, Connected{});
    hear(session, federation_.welcome(1));
    const wire::ModelChunk chunk{ModelVersion{1}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(7))};
    std::chrono::milliseconds before{0};
    for (int tries = 0; tries < 3; ++tries) {
        EXPECT_EQ(the<InstallVersion>(hear(session, chunk)).digest, federation_.manifest(1).digests[2]);
        const TimePoint began = now_;
        EXPECT_THAT(tell(session, VersionUnreadable{ModelVersion{1}, "their hash is another"}),
                    ElementsAre(orders<Notice>(), orders<BeginVersion>()));
        EXPECT_EQ(wait_for<wire::ModelPull>(session).first, 0U);
        EXPECT_GT(now_ - began, before);
        before = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - began);
    }
}

TEST_F(SessionTest, FetchesAgainWhatIsOfAnotherSizeThanWasAnnounced) {
    Session session = open();
    tell(session, Connected{});
    hear(session, federation_.welcome(1));
    wire::ModelChunk chunk{ModelVersion{1}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(1))};
    chunk.bytes.push_back(std::byte{});
    EXPECT_THAT(hear(session, chunk), ElementsAre(orders<Notice>(), orders<BeginVersion>()));
    chunk.bytes.pop_back();
    EXPECT_THAT(hear(session, chunk), Contains(orders<InstallVersion>()));
}

TEST_F(SessionTest, GoesOnAfterARestartAtTheChunkWhereItsDownloadStoppedAlthoughThereIsANewerVersion) {
    federation_.values = {10, 20, 6 * limits::kChunkBytes / sizeof(float)};
    Session before = open(1);
    tell(before, Connected{});
    hear(before, federation_.welcome(1));
    const Announced begun = the<BeginVersion>(hear(before, federation_.announcement(2, 5))).what;

    DurableState state = federation_.joined(1);
    state.arriving = ArrivingVersion{begun, 3};
    state.arriving->what.manifest = {};
    state.arriving->what.manifest.version = ModelVersion{2};
    Session session = open_from(state);
    tell(session, Connected{});
    const Actions actions = hear(session, federation_.welcome(9));
    EXPECT_THAT(actions, Not(Contains(orders<BeginVersion>())));
    const auto pull = the_message<wire::ModelPull>(actions);
    EXPECT_EQ(pull.version, ModelVersion{2});
    EXPECT_EQ(pull.first, 3U);
    for (std::uint32_t index = 3; index < 5; ++index)
        hear(session, wire::ModelChunk{ModelVersion{2}, Tier::Heavy, index, Bytes(limits::kChunkBytes)});
    const auto install = the<InstallVersion>(
        hear(session, wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 5, Bytes(limits::kChunkBytes)}));
    EXPECT_EQ(install.manifest, federation_.manifest(2));
    EXPECT_EQ(install.counted, Sequence{5});
    EXPECT_EQ(the_message<wire::ModelPull>(tell(session, VersionInstalled{ModelVersion{2}})).version, ModelVersion{9});
}

TEST_F(SessionTest, InstallsAfterARestartWhatHadArrivedWholeAndAsksForNothingOfIt) {
    Session before = settled();
    DurableState state = federation_.joined(1);
    state.arriving = ArrivingVersion{the<BeginVersion>(hear(before, federation_.announcement(2))).what, 1};
    Session session = open_from(state);
    tell(session, Connected{});
    const Actions actions = hear(session, federation_.welcome(2));
    EXPECT_THAT(actions, Contains(orders<InstallVersion>()));
    EXPECT_THAT(actions, Not(Contains(says<wire::ModelPull>())));
}

TEST_F(SessionTest, DoesNotGoOnWithWhatTheCoordinatorHasNotSignedOrWhatIsInstalled) {
    Session before = settled();
    const Announced begun = the<BeginVersion>(hear(before, federation_.announcement(2))).what;
    const auto fetches = [this](std::uint64_t installed, const Announced& arriving) {
        DurableState state = federation_.joined(installed);
        state.arriving = ArrivingVersion{arriving, 0};
        Session session = open_from(state);
        tell(session, Connected{});
        const Actions actions = hear(session, federation_.welcome(installed));
        return std::any_of(actions.begin(), actions.end(), [](const Action& action) {
            const auto* const send = std::get_if<Send>(&action);
            return send != nullptr && std::holds_alternative<wire::ModelPull>(send->message);
        });
    };
    EXPECT_TRUE(fetches(1, begun));
    EXPECT_FALSE(fetches(2, begun));
    Announced altered = begun;
    altered.signed_manifest.body[30] ^= std::byte{1};
    EXPECT_FALSE(fetches(1, altered));
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
    EXPECT_THAT(hear(session, federation_.announcement(6)),
                ElementsAre(orders<BeginVersion>(), says<wire::ModelPull>()));
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
    EXPECT_THAT(hear(session, federation_.announcement(3)),
                ElementsAre(orders<BeginVersion>(), says<wire::ModelPull>()));
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

TEST_F(SessionTest, LetsARunningDownloadFinishBeforeItFetchesWhatWasPublishedMeanwhile) {
    federation_.values = {10, 20, 300'000};  // two chunks and a bit
    Session session = open(1);
    tell(session, Connected{});
    hear(session, federation_.welcome(1));
    hear(session, federation_.announcement(2));
    const Bytes bytes = Federation::bytes_of_floats(federation_.weights(2));
    std::uint32_t stored = 0;
    for (std::size_t offset = 0; offset < bytes.size(); offset += limits::kChunkBytes, ++stored) {
        EXPECT_THAT(hear(session, federation_.announcement(3 + stored)), IsEmpty())
            << "the fleet is faster than the link";
        const ByteView chunk = ByteView(bytes).subspan(offset, std::min(limits::kChunkBytes, bytes.size() - offset));
        EXPECT_THAT(hear(session, wire::ModelChunk{ModelVersion{2}, Tier::Heavy, stored, copy_of(chunk)}),
                    Contains(orders<StoreModelChunk>()));
    }
    ASSERT_GT(stored, 1U);
    EXPECT_EQ(the_message<wire::ModelPull>(tell(session, VersionInstalled{ModelVersion{2}})).version,
              ModelVersion{2 + stored});
}

TEST_F(SessionTest, FetchesWhatWasAnnouncedWhileAnotherWasBeingInstalledAsSoonAsThatEnds) {
    for (const bool refused : {false, true}) {
        Session session = settled();
        hear(session, federation_.announcement(2));
        hear(session,
             wire::ModelChunk{ModelVersion{2}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(2))});
        EXPECT_THAT(hear(session, federation_.announcement(3)), Not(Contains(says<wire::ModelPull>())));
        const Actions actions = refused ? tell(session, VersionRefused{ModelVersion{2}, "it answers nonsense"})
                                        : tell(session, VersionInstalled{ModelVersion{2}});
        EXPECT_EQ(the_message<wire::ModelPull>(actions).version, ModelVersion{3});
    }
}

TEST_F(SessionTest, GoesOnToTheNewestItKnowsWhenTheVersionOnItsWayIsGone) {
    Session session = settled();
    hear(session, federation_.announcement(2));
    hear(session, federation_.announcement(30));
    const Actions actions = hear(session, wire::Denied{wire::Denied::Reason::UnknownVersion, "version 2 is not held"});
    EXPECT_EQ(the_message<wire::ModelPull>(actions).version, ModelVersion{30});
}

TEST_F(SessionTest, TriesItsFirstVersionAgainLaterWhereItHasNoOther) {
    Session session = open();
    tell(session, Connected{});
    hear(session, federation_.welcome(1));
    hear(session,
         wire::ModelChunk{ModelVersion{1}, Tier::Heavy, 0, Federation::bytes_of_floats(federation_.weights(1))});
    tell(session, VersionRefused{ModelVersion{1}, "there was no memory"});
    EXPECT_THAT(hear(session, federation_.welcome(1)), Not(Contains(says<wire::ModelPull>())));
    wait(session, 301s);
    EXPECT_THAT(hear(session, federation_.welcome(1)), Contains(says<wire::ModelPull>()));
}

/// A session of a node that wants fp16, at version 1.

}  // namespace
}  // namespace skerry::node
