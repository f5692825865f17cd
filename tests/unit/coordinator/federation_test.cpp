#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

wire::Hello hello_of(const FederationBench& bench, TimePoint certificate_expires) {
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = bench.core->model().identity;
    hello.certificate_expires = certificate_expires;
    hello.software = "test";
    return hello;
}

TEST(Session, WelcomesANodeWithTheNewestVersion) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    const auto said = bench.say(node, hello_of(bench, kStart + 24h * 90));
    ASSERT_THAT(said, SizeIs(1));
    const auto& welcome = std::get<wire::Welcome>(said[0]);
    EXPECT_TRUE(wire::open_keys(welcome.keys, bench.keys.root.verify_key()));
    EXPECT_TRUE(welcome.certificate.body.empty());
    EXPECT_EQ(welcome.newest.manifest, bench.core->newest().manifest);
    EXPECT_EQ(welcome.steps_per_update, bench.policy.steps_per_update);
}

/// What SumReady says of one encoding; its bytes are nobody's.
wire::EncodedWeights encoding_of(WeightEncoding encoding, std::uint8_t name) {
    wire::EncodedWeights what;
    what.encoding = encoding;
    what.bytes = {3, 5, 7};
    what.digests.fill({});
    what.digests.back()[0] = std::byte{name};
    return what;
}

TEST(Encodings, AreSignedForTheVersionAndAnnouncedWithIt) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    bench.core->offer({encoding_of(WeightEncoding::Float8, 8)}, ModelVersion{1});
    const auto welcome = std::get<wire::Welcome>(bench.say(node, hello_of(bench, kStart + 24h * 90)).at(0));
    ASSERT_THAT(welcome.newest.encodings, SizeIs(1));
    const auto record = wire::open_encoded(welcome.newest.encodings[0], bench.keys.signing.verify_key());
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record->federation, bench.core->id());
    EXPECT_EQ(record->version, ModelVersion{1});
    EXPECT_EQ(record->encoding, WeightEncoding::Float8);
}

TEST(Encodings, ThatAreNotOfferedAreDeniedByName) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    bench.core->offer({encoding_of(WeightEncoding::Float8, 8)}, ModelVersion{1});
    const auto said =
        bench.say(node, wire::ModelPull{ModelVersion{1}, Tier::Heavy, 0, 1, WeightEncoding::Float16}).at(0);
    EXPECT_EQ(std::get<wire::Denied>(said).reason, wire::Denied::Reason::UnknownVersion);
    EXPECT_EQ(std::get<wire::Denied>(said).text, "version 1 is not offered as fp16");
}

TEST(Encodings, ArePulledByTheirOwnSizeFromTheirOwnBlob) {
    FederationBench bench;
    const FakeNode node = bench.enrolled(Tier::Medium);
    auto what = encoding_of(WeightEncoding::Float8, 8);
    what.bytes = {limits::kChunkBytes, limits::kChunkBytes + 5, 2 * limits::kChunkBytes};
    bench.core->offer({what}, ModelVersion{1});
    const auto pull = [&](Tier tier, std::uint32_t first) {
        return bench.core->handle(
            NodeSpoke{node.transport, wire::ModelPull{ModelVersion{1}, tier, first, 4, WeightEncoding::Float8}},
            bench.now);
    };
    const auto order = std::get<SendModel>(pull(Tier::Medium, 0).at(0));
    EXPECT_EQ(order.weights, what.digests.back());
    EXPECT_EQ(order.encoding, WeightEncoding::Float8);
    EXPECT_EQ(order.prefix_bytes, limits::kChunkBytes + 5);
    EXPECT_EQ(order.count, 2U);
    EXPECT_TRUE(std::holds_alternative<Ignored>(pull(Tier::Medium, 2).at(0))) << "beyond its end";
    EXPECT_TRUE(std::holds_alternative<Ignored>(pull(Tier::Light, 1).at(0)));
    EXPECT_EQ(std::get<wire::Denied>(std::get<Send>(pull(Tier::Heavy, 0).at(0)).message).reason,
              wire::Denied::Reason::UnknownVersion);
}

TEST(Encodings, GoWithTheirVersionButForThoseThatAnotherHasToo) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.core->offer({encoding_of(WeightEncoding::Float8, 8), encoding_of(WeightEncoding::Float16, 16)},
                      ModelVersion{1});
    for (std::uint64_t version = 1; version < bench.policy.versions_kept; ++version) {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    }
    bench.core->offer({encoding_of(WeightEncoding::Float16, 16)}, ModelVersion{2});
    bench.hold_sums();
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    const auto& round = bench.core->frozen_round();
    ASSERT_TRUE(round);
    const SumReady before = bench.sums.back();
    for (const Action& action : bench.core->handle(SumReady{round->id(), before.sum, before.digests}, bench.now)) {
        if (const auto* append = std::get_if<Append>(&action))
            for (const ledger::Event& event : append->events)
                bench.core->apply(event);
    }
    std::vector<Digest> erased;
    for (const Action& action : bench.core->advance(bench.now))
        if (const auto* erase = std::get_if<EraseVersion>(&action)) erased = erase->encodings;
    EXPECT_THAT(erased, ElementsAre(encoding_of(WeightEncoding::Float8, 8).digests.back()));
}

/// What SumReady says of one difference to version 2 from version 1's weights.
wire::EncodedDifference difference_of(const FederationBench& bench, std::uint8_t name) {
    wire::EncodedDifference what;
    what.base_weights = bench.core->versions().at(ModelVersion{1}).weights;
    what.bytes = {3, limits::kChunkBytes + 5, limits::kChunkBytes + 7};
    what.digests.back()[0] = std::byte{name};
    return what;
}

TEST(Differences, AreAnnouncedAndPulledByWhoHoldsTheirBase) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const FakeNode medium = bench.enrolled(Tier::Medium);
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    ASSERT_EQ(bench.core->newest().version, ModelVersion{2});
    wire::EncodedDifference foreign = difference_of(bench, 9);
    foreign.base_weights = {};
    foreign.encoding = WeightEncoding::Float8;
    bench.core->offer({difference_of(bench, 8), foreign}, ModelVersion{2}, ModelVersion{1});

    const auto welcome = std::get<wire::Welcome>(bench.say(medium, hello_of(bench, kStart + 24h * 90)).at(0));
    ASSERT_THAT(welcome.newest.differences, SizeIs(1)) << "the other is from other weights";
    const auto record = wire::open_difference(welcome.newest.differences[0], bench.keys.signing.verify_key());
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record->federation, bench.core->id());
    EXPECT_EQ(record->version, ModelVersion{2});
    EXPECT_EQ(record->base, ModelVersion{1});

    wire::ModelPull pull{ModelVersion{2}, Tier::Medium, 0, 4, WeightEncoding::Float32, ModelVersion{1}};
    const auto order = std::get<SendModel>(bench.core->handle(NodeSpoke{medium.transport, pull}, bench.now).at(0));
    EXPECT_EQ(order.base, ModelVersion{1});
    EXPECT_EQ(order.weights, record->digests.back());
    EXPECT_EQ(order.prefix_bytes, limits::kChunkBytes + 5);
    EXPECT_EQ(order.count, 2U);
    pull.encoding = WeightEncoding::Float8;
    EXPECT_EQ(std::get<wire::Denied>(bench.say(medium, pull).at(0)).reason, wire::Denied::Reason::UnknownVersion);
}

TEST(Differences, GoWithTheirVersion) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const wire::EncodedDifference difference = difference_of(bench, 8);
    const auto publish = [&] {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    };
    publish();
    bench.core->offer({difference}, ModelVersion{2}, ModelVersion{1});
    EXPECT_THAT(bench.core->offered_blobs(ModelVersion{2}), ElementsAre(difference.digests.back()));
    for (std::uint64_t version = 2; version <= bench.policy.versions_kept + 1; ++version)
        publish();
    EXPECT_FALSE(bench.core->versions().contains(ModelVersion{2}));
    EXPECT_THAT(bench.core->offered_blobs(ModelVersion{2}), SizeIs(0));
}

TEST(Session, RenewsACertificateAtTwoThirdsOfItsLifeOnce) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    bench.wait(24h * 61);
    const auto first = std::get<wire::Welcome>(bench.say(node, hello_of(bench, kStart + 24h * 90))[0]);
    ASSERT_FALSE(first.certificate.body.empty());
    const auto again = std::get<wire::Welcome>(bench.say(node, hello_of(bench, kStart + 24h * 90))[0]);
    EXPECT_EQ(again.certificate, first.certificate) << "the first answer was lost";
    const auto fresh = std::get<wire::Welcome>(bench.say(node, hello_of(bench, bench.now + 24h * 90))[0]);
    EXPECT_TRUE(fresh.certificate.body.empty());
}

TEST(Session, DeniesANodeWhoseCertificateRanOutAlsoOnAConnectionThatIsOpen) {
    FederationBench bench;
    const FakeNode away = bench.enrolled();
    const FakeNode faithful = bench.enrolled();
    bench.say(away, hello_of(bench, kStart + 24h * 90));
    bench.wait(24h * 61);
    bench.say(faithful, hello_of(bench, kStart + 24h * 90));
    bench.wait(24h * 29);
    for (const wire::FromNode& message :
         {wire::FromNode(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy}), wire::FromNode(wire::Report{}),
          wire::FromNode(hello_of(bench, kStart + 24h * 90))}) {
        const auto denied = std::get<wire::Denied>(bench.say(away, message).at(0));
        EXPECT_EQ(denied.reason, wire::Denied::Reason::Expired);
        EXPECT_THAT(denied.text, ::testing::HasSubstr("skerry token create"));
        EXPECT_THAT(denied.text, ::testing::HasSubstr(to_text(kStart + 24h * 90)));
    }
    EXPECT_TRUE(std::holds_alternative<wire::LeaseGrant>(
        bench.say(faithful, wire::LeaseRequest{ModelVersion{1}, Tier::Heavy}).at(0)));
}

TEST(Session, DeniesAnotherProtocolAndAnotherModel) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    auto hello = hello_of(bench, kStart);
    hello.protocol = 99;
    EXPECT_EQ(std::get<wire::Denied>(bench.say(node, hello)[0]).reason, wire::Denied::Reason::Protocol);
    hello = hello_of(bench, kStart);
    hello.model[0] ^= std::byte{1};
    EXPECT_EQ(std::get<wire::Denied>(bench.say(node, hello)[0]).reason, wire::Denied::Reason::Model);
}

TEST(Session, TellsANodeThatIsAheadThatTheHistoryIsAnOldCopy) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    auto hello = hello_of(bench, kStart + 24h * 90);
    hello.installed = ModelVersion{50};
    const auto denied = std::get<wire::Denied>(bench.say(node, hello)[0]);
    EXPECT_THAT(denied.text, ::testing::HasSubstr("version 50"));
    EXPECT_THAT(denied.text, ::testing::HasSubstr("ends at 1"));
}

TEST(Session, IgnoresAKeyThatBelongsToNobody) {
    FederationBench bench;
    FakeNode stranger;
    stranger.transport.fill(std::byte{3});
    EXPECT_THAT(bench.say(stranger, wire::Goodbye{}), SizeIs(0));
    EXPECT_THAT(bench.ignored, ElementsAre(Ignored::Why::UnknownPeer));
}

TEST(Session, ServesTheWeightsThatItHolds) {
    FederationBench bench;
    const FakeNode node = bench.enrolled(Tier::Medium);
    const auto said = bench.say(node, wire::ModelPull{ModelVersion{1}, Tier::Light, 0, 4});
    ASSERT_THAT(said, SizeIs(1));
    EXPECT_EQ(std::get<wire::ModelChunk>(said[0]).bytes.size(), 4 * sizeof(float));
    const auto unknown = bench.say(node, wire::ModelPull{ModelVersion{9}, Tier::Light, 0, 4});
    EXPECT_EQ(std::get<wire::Denied>(unknown[0]).reason, wire::Denied::Reason::UnknownVersion);
    EXPECT_THAT(bench.say(node, wire::ModelPull{ModelVersion{1}, Tier::Light, 1, 4}), SizeIs(0));
    EXPECT_TRUE(
        std::holds_alternative<wire::Denied>(bench.say(node, wire::ModelPull{ModelVersion{1}, Tier::Heavy, 0, 4})[0]));
}

TEST(Lease, IsDeniedForAHigherTierAStaleBaseAndWhileAnUpdateWaits) {
    using Reason = wire::LeaseDenied::Reason;
    FederationBench bench;
    FakeNode node = bench.enrolled(Tier::Medium);
    const auto reason = [&](ModelVersion base, Tier tier) {
        return std::get<wire::LeaseDenied>(bench.say(node, wire::LeaseRequest{base, tier})[0]).reason;
    };
    EXPECT_EQ(reason(ModelVersion{1}, Tier::Heavy), Reason::TierTooHigh);
    EXPECT_EQ(reason(ModelVersion{2}, Tier::Light), Reason::StaleBase);
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, std::vector<float>(4, 1.0F))));
    EXPECT_EQ(reason(ModelVersion{1}, Tier::Light), Reason::Wait);
}

TEST(RoundOfTwo, PublishesTheMeanAtItsGoal) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled(Tier::Medium);
    bench.say(first, hello_of(bench, kStart + 24h * 90));
    bench.say(second, hello_of(bench, kStart + 24h * 90));
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(first, kOnes, 300)));
    EXPECT_EQ(bench.core->newest().version, ModelVersion{1});
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(second, std::vector<float>(6, -1.0F), 100)));
    ASSERT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_THAT(bench.newest_weights(), ElementsAre(1, 1, 1, 1, 1, 1, 1.5, 1.5));
    const auto manifest = bench.newest_manifest();
    EXPECT_EQ(manifest.updates, 2U);
    EXPECT_EQ(manifest.parent, ModelVersion{1});
    EXPECT_EQ(manifest.round, RoundId{1});
    EXPECT_EQ(manifest.digests[2], bench.core->newest().weights);
    EXPECT_EQ(bench.core->pool().of(first.id()).counted, Sequence{1});
    EXPECT_FALSE(bench.core->open_round());
    EXPECT_FALSE(bench.core->deadline()) << "an idle federation waits for nothing";
}

TEST(RoundOfTwo, AnnouncesToEachNodeWhatOfItWasCounted) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    FakeNode idle = bench.enrolled();
    for (const FakeNode* node : {&first, &second, &idle})
        bench.say(*node, hello_of(bench, kStart + 24h * 90));
    second.sequence = 6;
    bench.contribute(first, kOnes);
    bench.hold_sums();
    bench.contribute(second, kOnes);
    bench.finish_sums();
    EXPECT_EQ(bench.core->pool().of(first.id()).counted, Sequence{1});
    EXPECT_EQ(bench.core->pool().of(second.id()).counted, Sequence{7});
    const auto welcome = std::get<wire::Welcome>(bench.say(second, hello_of(bench, kStart + 24h * 90))[0]);
    EXPECT_EQ(welcome.newest.counted, Sequence{7});
    EXPECT_EQ(welcome.accepted, Sequence{7});
}

TEST(RoundOfTwo, IsAbandonedWithoutAQuorumAndItsUpdateWaitsForTheNext) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, kOnes);
    ASSERT_TRUE(bench.core->open_round());
    bench.wait(61s);
    EXPECT_FALSE(bench.core->open_round());
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(1));
    const auto events = bench.journal.events(ledger::kFederationStream).size();
    bench.wait(24h);
    EXPECT_EQ(bench.journal.events(ledger::kFederationStream).size(), events) << "an idle federation writes nothing";
    bench.contribute(second, kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_EQ(bench.newest_manifest().round, RoundId{2});
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
}

TEST(RoundOfTwo, ClosesAtItsDeadlineWithAQuorum) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.goal = 10;
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, kOnes);
    bench.wait(30s);
    bench.contribute(second, kOnes);
    bench.wait(29s);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{1});
    bench.wait(1s);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
}

TEST(RoundOfTwo, GathersTheNextWhileItIsSummed) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, kOnes);
    bench.hold_sums();
    bench.contribute(second, kOnes);
    ASSERT_TRUE(bench.core->frozen_round());
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(first, kOnes)));
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(second, kOnes)));
    ASSERT_TRUE(bench.core->open_round());
    EXPECT_EQ(bench.core->open_round()->id(), RoundId{2});
    bench.finish_sums();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
    EXPECT_EQ(bench.newest_weights()[0], 2.5F);
}

TEST(RoundOfTwo, WeighsAnUpdateByItsAge) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    FakeNode slow = bench.enrolled();
    const auto old_lease = bench.lease(slow, ModelVersion{1});
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    ASSERT_EQ(bench.core->newest().version, ModelVersion{2});
    bench.deliver(slow, bench.sealed_under(slow, old_lease, kOnes, 100));
    ASSERT_THAT(bench.core->pool().waiting(), SizeIs(1));
    EXPECT_EQ(bench.core->pool().waiting()[0].weight, 100U * 45U);
}

TEST(Versions, AreDroppedBeyondThoseThatAreKept) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const Digest initial = bench.core->newest().weights;
    for (int round = 0; round < 3; ++round) {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    }
    EXPECT_EQ(bench.core->newest().version, ModelVersion{4});
    EXPECT_THAT(bench.core->versions(), SizeIs(3));
    EXPECT_FALSE(*bench.blobs.has(initial));
}

TEST(Versions, KeepWeightsThatAnotherVersionShares) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const Digest initial = bench.core->newest().weights;
    for (int round = 0; round < 3; ++round) {
        bench.contribute(first, std::vector<float>(8, 0.0F));
        bench.contribute(second, std::vector<float>(8, 0.0F));
    }
    EXPECT_EQ(bench.core->newest().version, ModelVersion{4});
    EXPECT_EQ(bench.core->newest().weights, initial);
    EXPECT_TRUE(*bench.blobs.has(initial));
}

}  // namespace
}  // namespace skerry::coordinator
