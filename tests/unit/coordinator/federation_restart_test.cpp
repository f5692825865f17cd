#include <gmock/gmock.h>

#include "coordinator/blob_orders.hpp"
#include "tests/support/sample_audits.hpp"
#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::SizeIs;

TEST(Restart, KnowsItsNodesAndTokens) {
    FederationBench bench;
    const FakeNode node = bench.enrolled();
    const auto token = bench.make_token();
    bench.restart();
    EXPECT_NE(bench.core->registry().node(node.id()), nullptr);
    FakeNode late;
    EXPECT_TRUE(bench.join(late, token.id, token.key).admitted);
}

TEST(Restart, KeepsTheOpenRoundItsDeadlineAndItsUpdates) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.goal = 3;
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const auto update = bench.sealed(first, kOnes);
    const auto receipt = std::get<wire::Receipt>(bench.deliver(first, update));
    bench.wait(40s);
    bench.policy.rounds.deadline = 1h;
    bench.restart();
    EXPECT_EQ(std::get<wire::Receipt>(bench.deliver(first, update)).receipt, receipt.receipt);
    bench.contribute(second, kOnes);
    bench.wait(20s);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2}) << "the deadline that the round was opened with holds";
}

TEST(Restart, ErasesWhatItMayNotHaveErasedAndNothingThatIsNeeded) {
    Policy policy = FederationBench::small_policy();
    policy.retention.rounds_verifiable = 0;
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    ASSERT_EQ(bench.erased_rounds, std::vector{RoundId{1}});
    ASSERT_THAT(bench.blobs.names().value(), SizeIs(4))
        << "two versions, and two updates that the bench does not erase";
    bench.policy.retention.rounds_verifiable = 10;
    bench.restart();
    std::vector<Digest> weights;
    for (const auto& [number, version] : bench.core->versions())
        weights.push_back(version.weights);
    EXPECT_THAT(bench.blobs.names().value(), ::testing::UnorderedElementsAreArray(weights));
    EXPECT_TRUE(bench.core->retention().kept().empty()) << "it is the journal that has decided";
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    EXPECT_EQ(bench.core->retention().kept().size(), 1U);
    bench.restart();
    EXPECT_THAT(bench.blobs.names().value(), SizeIs(5)) << "three versions, and the updates of the newest round";
    EXPECT_THAT(bench.erased_rounds, SizeIs(1));
}

TEST(Restart, KnowsTheFleetsAuditsAndTellsThemToANewNode) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    first.audits = sample_audits(300, 3);
    second.audits = sample_audits(100, 1);
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    bench.wait(60s);
    ASSERT_EQ(bench.core->newest().version, ModelVersion{2});
    const wire::AuditCounts known = bench.core->fleet_audits().known();
    EXPECT_EQ(known.audits, 400U);
    bench.restart();
    EXPECT_EQ(bench.core->fleet_audits().known(), known);
    const FakeNode late = bench.enrolled();
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = bench.core->model().identity;
    hello.certificate_expires = bench.now + 24h * 90;
    const auto said = bench.say(late, hello);
    ASSERT_THAT(said, SizeIs(1));
    EXPECT_EQ(std::get<wire::Welcome>(said[0]).newest.audits, known);
}

TEST(Restart, KnowsTheFleetsSoftLabelsAndTellsThemToAllAndToANewNode) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.goal = 3;
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const auto greet = [&bench](const FakeNode& node) {
        wire::Hello hello;
        hello.protocol = limits::kProtocolVersion;
        hello.model = bench.core->model().identity;
        hello.certificate_expires = bench.now + 24h * 90;
        const auto said = bench.say(node, hello);
        EXPECT_THAT(said, SizeIs(1));
        return std::get<wire::Welcome>(said.at(0)).newest.soft_labels;
    };
    EXPECT_TRUE(greet(first).empty()) << "nothing is known yet";
    first.soft_labels = sample_soft_labels({30, 10, 0}, 60'000);
    second.soft_labels = sample_soft_labels({10, 0, 0}, 40'000);
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    std::vector<wire::SoftLabels> announced;
    for (const wire::FromCoordinator& said : bench.wait(60s)) {
        if (const auto* news = std::get_if<wire::Announcement>(&said)) announced.push_back(news->soft_labels);
    }
    ASSERT_EQ(bench.core->newest().version, ModelVersion{2});
    const wire::SoftLabels known = bench.core->fleet_soft_labels().known();
    EXPECT_EQ(known.rows, (std::vector<std::uint32_t>{40, 10, 0}));
    EXPECT_EQ(known.shares.at(0), 55'000);
    ASSERT_FALSE(announced.empty());
    EXPECT_EQ(announced.front(), known) << "with the version itself";
    bench.restart();
    EXPECT_EQ(bench.core->fleet_soft_labels().known(), known);
    EXPECT_EQ(greet(bench.enrolled()), known);
}

TEST(Restart, WithAClockThatIsBehindDoesNotWaitForTheOldDeadline) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.goal = 3;
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    bench.now -= 24h * 365;
    bench.restart();
    bench.wait(60s);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
}

TEST(Restart, FreezesARoundWhoseGoalWasReachedJustBefore) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, kOnes);
    // The crash falls between the second UpdateAccepted and RoundFrozen.
    const auto update = bench.sealed(second, kOnes);
    bench.hold_checks();
    bench.say(second, update.offer);
    bench.say(second, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    const auto& past = bench.journal.events(ledger::kFederationStream);
    for (const Action& action :
         bench.core->handle(UpdateChecked{{second.id(), Sequence{1}}, update.offer.content, Sound{}}, bench.now)) {
        if (is_blob_order(action)) {
            ASSERT_TRUE(perform_blob_order(action, bench.blobs, *bench.hashes));
        }
        if (const auto* append = std::get_if<Append>(&action)) {
            ASSERT_TRUE(bench.journal.append(ledger::kFederationStream, past.size(), append->events));
        }
    }
    bench.restart();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.deliver(second, update)))
        << "the receipt that was never sent is there for whoever asks again";
}

TEST(Restart, SumsAFrozenRoundAgainToTheSameBytes) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled(Tier::Light);
    bench.contribute(first, kOnes);
    bench.hold_sums();
    bench.contribute(second, std::vector<float>(4, 0.3F));
    ASSERT_TRUE(bench.core->frozen_round());
    bench.restart();
    ASSERT_TRUE(bench.core->frozen_round());
    bench.restart();
    bench.finish_sums();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    const SumReady once = bench.sums.back();
    bench.restart();
    const auto again = sum_round(
        std::vector<Contribution>{
            {{first.id(), Sequence{1}}, {}, Tier::Heavy, 0},
        },
        [&]() -> Result<std::vector<float>> { return bench.newest_weights(); }, bench.core->model(), {}, bench.blobs,
        bench.keys.seal);
    EXPECT_FALSE(again) << "a blob that is not there stops the sum";
    EXPECT_EQ(bench.newest_manifest().sum, once.sum);
}

TEST(Restart, ForgetsTransfersAndTheNodeJustOffersAgain) {
    FederationBench bench;
    FakeNode node = bench.enrolled();
    const auto update = bench.sealed(node, kOnes);
    bench.say(node, update.offer);
    bench.restart();
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.deliver(node, update)));
}

TEST(Restart, KeepsARefusalAFate) {
    FederationBench bench;
    FakeNode node = bench.enrolled();
    const auto first = bench.lease(node, ModelVersion{1});
    const auto second = bench.lease(node, ModelVersion{1});
    bench.deliver(node, bench.sealed_under(node, first, kOnes));
    const auto late = bench.sealed_under(node, second, kOnes);
    EXPECT_TRUE(std::holds_alternative<wire::Refusal>(bench.deliver(node, late)));
    FakeNode other = bench.enrolled();
    bench.contribute(other, kOnes);
    bench.restart();
    EXPECT_TRUE(std::holds_alternative<wire::Refusal>(bench.deliver(node, late)));
    EXPECT_TRUE(bench.core->pool().waiting().empty());
}

TEST(Restart, ErasesNoWeightsToWhichANewerVersionHasComeBack) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    const auto move_by = [&](float step) {
        bench.contribute(first, std::vector<float>(8, step));
        bench.contribute(second, std::vector<float>(8, step));
    };
    const Digest initial = bench.core->newest().weights;
    for (const float step : {1.0F, 1.0F, -1.5F})
        move_by(step);
    ASSERT_EQ(bench.core->versions().count(ModelVersion{1}), 0U) << "its weights are erased";
    bench.hold_sums();
    move_by(-0.5F);
    // Version 5 has the bytes of version 1. The crash falls between its publication and the next erasure, so that the
    // last one is repeated.
    const std::vector<float> weights(8, 0.5F);
    const auto digests = tier_digests(weights, bench.core->model());
    ASSERT_EQ(digests.back(), initial);
    ASSERT_TRUE(bench.blobs.put(initial, std::as_bytes(std::span(weights))));
    const auto& past = bench.journal.events(ledger::kFederationStream);
    for (const Action& action :
         bench.core->handle(SumReady{bench.core->frozen_round()->id(), {}, digests}, bench.now)) {
        if (const auto* append = std::get_if<Append>(&action)) {
            ASSERT_TRUE(bench.journal.append(ledger::kFederationStream, past.size(), append->events));
        }
    }
    bench.restart();
    ASSERT_EQ(bench.core->newest().version, ModelVersion{5});
    EXPECT_TRUE(*bench.blobs.has(initial));
}

TEST(Restart, RemembersWhatWasCounted) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    for (int round = 0; round < 4; ++round) {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    }
    bench.restart();
    EXPECT_EQ(bench.core->pool().of(first.id()).counted, Sequence{4});
    EXPECT_EQ(bench.core->newest().version, ModelVersion{5});
    EXPECT_THAT(bench.core->versions(), SizeIs(3));
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{6});
}

TEST(MemoryJournal, LosesWhatWasNotSyncedAndFailsOnDemand) {
    auto disk = ledger::MemoryJournal::Disk::Works;
    ledger::MemoryJournal journal([&disk] { return disk; });
    ASSERT_TRUE(journal.append("s", 0, {ledger::RoundAbandoned{}}));
    journal.stop_syncing();
    ASSERT_TRUE(journal.append("s", 1, {ledger::RoundAbandoned{}}));
    journal.crash();
    EXPECT_THAT(journal.events("s"), SizeIs(1));
    disk = ledger::MemoryJournal::Disk::FailsBefore;
    EXPECT_FALSE(journal.append("s", 1, {ledger::RoundAbandoned{}}));
    EXPECT_THAT(journal.events("s"), SizeIs(1));
    disk = ledger::MemoryJournal::Disk::FailsAfter;
    EXPECT_FALSE(journal.append("s", 1, {ledger::RoundAbandoned{}}));
    EXPECT_THAT(journal.events("s"), SizeIs(2));
}

}  // namespace
}  // namespace skerry::coordinator
