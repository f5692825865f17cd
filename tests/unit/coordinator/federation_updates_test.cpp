#include <algorithm>
#include <limits>

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using wire::RefusalCode;

struct UpdateTest : ::testing::Test {
    FederationBench bench;
    FakeNode node = bench.enrolled();
    FakeNode other = bench.enrolled();

    static RefusalCode refusal(const wire::FromCoordinator& said) {
        const auto* const refused = std::get_if<wire::Refusal>(&said);
        EXPECT_NE(refused, nullptr) << "it was not refused";
        return refused ? refused->code : RefusalCode::Malformed;
    }
    [[nodiscard]] std::size_t recorded_refusals() const {
        std::size_t count = 0;
        for (const auto& event : bench.journal.events(ledger::kFederationStream)) {
            if (std::holds_alternative<ledger::UpdateRefused>(event)) ++count;
        }
        return count;
    }
};

TEST_F(UpdateTest, GetsTheSameReceiptHoweverOftenItIsOffered) {
    const auto update = bench.sealed(node, kOnes);
    const auto first = std::get<wire::Receipt>(bench.deliver(node, update));
    const auto receipt = wire::open_receipt(first.receipt, bench.keys.signing.verify_key());
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->content, update.offer.content);
    EXPECT_EQ(receipt->weight, 100U * 64U);
    bench.wait(2h);
    EXPECT_EQ(std::get<wire::Receipt>(bench.deliver(node, update)).receipt, first.receipt)
        << "also when its lease has expired";
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(1));
}

TEST_F(UpdateTest, GetsItsOldReceiptFromTheLedgerAfterTheNextUpdate) {
    const auto update = bench.sealed(node, kOnes);
    const auto first = std::get<wire::Receipt>(bench.deliver(node, update));
    bench.contribute(other, kOnes);
    bench.contribute(node, kOnes);
    EXPECT_EQ(std::get<wire::Receipt>(bench.deliver(node, update)).receipt, first.receipt);
}

TEST_F(UpdateTest, IsStoredBeforeItIsRecordedAndRecordedBeforeItIsAcknowledged) {
    const auto update = bench.sealed(node, kOnes);
    bench.hold_checks();
    bench.say(node, update.offer);
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    const Actions actions =
        bench.core->handle(UpdateChecked{{node.id(), Sequence{1}}, update.offer.content, Sound{}}, bench.now);
    ASSERT_THAT(actions, SizeIs(3));
    EXPECT_TRUE(std::holds_alternative<StoreBlob>(actions[0]));
    EXPECT_TRUE(std::holds_alternative<Append>(actions[1]));
    EXPECT_TRUE(std::holds_alternative<Send>(actions[2]));
}

TEST_F(UpdateTest, ThatCannotBeReadIsMalformed) {
    auto update = bench.sealed(node, kOnes);
    update.offer.header[0] ^= std::byte{1};
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::Malformed);
    EXPECT_EQ(bench.core->pool().of(node.id()).decided, Sequence{0});
}

TEST_F(UpdateTest, WithoutAGoodLeaseIsUnleased) {
    auto update = bench.sealed(node, kOnes);
    update.offer.lease.body[20] ^= std::byte{1};
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::Unleased);

    const auto late = bench.sealed(node, kOnes);
    bench.wait(1h);
    EXPECT_EQ(refusal(bench.deliver(node, late)), RefusalCode::Unleased);

    auto stolen = bench.sealed(node, kOnes);
    EXPECT_EQ(refusal(bench.deliver(other, stolen)), RefusalCode::Unleased);
    other.sequence = 10;
    const auto borrowed = bench.sealed_under(other, stolen.offer.lease, kOnes);
    EXPECT_EQ(refusal(bench.deliver(other, borrowed)), RefusalCode::Unleased);
}

TEST_F(UpdateTest, MayTakeLongerThanItsLeaseOnceItIsOffered) {
    Policy policy = FederationBench::small_policy();
    policy.leases.life = 10s;
    FederationBench slow(policy);
    FakeNode far = slow.enrolled();
    const auto update = slow.sealed(far, kOnes);
    slow.say(far, update.offer);
    slow.wait(20s);
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(slow.deliver(far, update)));
    FakeNode late = slow.enrolled();
    const auto never_offered = slow.sealed(late, kOnes);
    slow.wait(20s);
    EXPECT_EQ(refusal(slow.deliver(late, never_offered)), RefusalCode::Unleased);
}

TEST_F(UpdateTest, UnderASpentLeaseOrSequenceIsReplayed) {
    const auto lease = bench.lease(node, ModelVersion{1});
    const auto update = bench.sealed_under(node, lease, kOnes);
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(bench.deliver(node, update)));
    EXPECT_EQ(refusal(bench.deliver(node, bench.sealed_under(node, lease, kOnes))), RefusalCode::Replayed);
    node.sequence = 0;
    EXPECT_EQ(refusal(bench.deliver(node, bench.sealed_under(node, lease, kOnes))), RefusalCode::Replayed);
    EXPECT_EQ(std::get<wire::Receipt>(bench.deliver(node, update)).sequence, Sequence{1}) << "the first keeps its fate";
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(1));
}

TEST_F(UpdateTest, OnTooOldABaseIsStale) {
    const auto lease = bench.lease(node, ModelVersion{1});
    FakeNode third = bench.enrolled();
    for (int round = 0; round < 9; ++round) {
        bench.contribute(other, kOnes);
        bench.contribute(third, kOnes);
    }
    ASSERT_EQ(bench.core->newest().version, ModelVersion{10});
    EXPECT_EQ(refusal(bench.deliver(node, bench.sealed_under(node, lease, kOnes))), RefusalCode::Stale);
}

TEST_F(UpdateTest, LargerThanItsLeaseIsOversizedAndOfAnotherShapeMisshapen) {
    const auto light = bench.lease(node, ModelVersion{1}, Tier::Light);
    EXPECT_EQ(refusal(bench.deliver(node, bench.sealed_under(node, light, std::vector<float>(1000, 1.0F)))),
              RefusalCode::Oversized);
    EXPECT_EQ(refusal(bench.deliver(node, bench.sealed_under(node, light, std::vector<float>(3, 1.0F)))),
              RefusalCode::Misshapen);
}

TEST_F(UpdateTest, OfANodeWhoseUpdateWaitsHasToWaitItsTurn) {
    const auto first = bench.lease(node, ModelVersion{1});
    const auto second = bench.lease(node, ModelVersion{1});
    bench.deliver(node, bench.sealed_under(node, first, kOnes));
    const auto update = bench.sealed_under(node, second, kOnes);
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::NotYourTurn);
    bench.contribute(other, kOnes);
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::NotYourTurn)
        << "the node has put it back, so it must never count, even when its turn has come";
}

TEST_F(UpdateTest, WithAnothersSignatureIsUnsigned) {
    auto update = bench.sealed(node, kOnes);
    update.offer.signature[0] ^= std::byte{1};
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::Unsigned);
}

TEST_F(UpdateTest, WhoseChunksAreOthersIsMalformed) {
    auto update = bench.sealed(node, kOnes);
    update.sealed[5] ^= std::byte{1};
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::Malformed);
    auto shorter = bench.sealed(node, kOnes);
    shorter.sealed.pop_back();
    EXPECT_EQ(refusal(bench.deliver(node, shorter)), RefusalCode::Malformed);
}

TEST_F(UpdateTest, SealedToSomebodyElseIsUndecryptable) {
    const auto lease = bench.lease(node, ModelVersion{1});
    auto update = bench.sealed_under(node, lease, kOnes);
    wire::UpdateHeader header = *wire::read_header(update.offer.header);
    header.update.sequence = Sequence{++node.sequence};
    wire::UpdateBody body;
    body.delta = kOnes;
    const auto sealed = *wire::seal(header, body, crypto::SealPrivateKey::generate().public_key(), node.identity);
    update = {{lease, sealed.header, sealed.sealed.size(), sealed.content, sealed.signature}, sealed.sealed};
    EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::Undecryptable);
}

TEST_F(UpdateTest, WithNumbersThatAreNotFitToShareIsRefusedByTheirName) {
    auto delta = kOnes;
    delta[7] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(refusal(bench.contribute(node, delta)), RefusalCode::NonFinite);
    delta[7] = limits::kDeltaMax * 2;
    EXPECT_EQ(refusal(bench.contribute(node, delta)), RefusalCode::OutOfBounds);
    delta[7] = 1000.0F;
    EXPECT_EQ(refusal(bench.contribute(node, delta)), RefusalCode::Norm);
    EXPECT_EQ(recorded_refusals(), 3U);
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes))) << "the node is not banned";
}

TEST_F(UpdateTest, ThatWasRefusedKeepsItsRefusalAndFillsNoDisk) {
    auto delta = kOnes;
    delta[7] = 1000.0F;
    const auto update = bench.sealed(node, delta);
    for (int k = 0; k < 5; ++k)
        EXPECT_EQ(refusal(bench.deliver(node, update)), RefusalCode::Norm);
    EXPECT_EQ(recorded_refusals(), 1U);
}

TEST_F(UpdateTest, OfANodeThatIsRefusedTooOftenIsNoLongerAnswered) {
    auto update = bench.sealed(node, kOnes);
    update.offer.header[0] ^= std::byte{1};
    for (int k = 0; k < 16; ++k)
        EXPECT_THAT(bench.say(node, update.offer), SizeIs(1));
    EXPECT_THAT(bench.say(node, update.offer), SizeIs(0));
    EXPECT_EQ(recorded_refusals(), 16U);
    EXPECT_EQ(bench.ignored.back(), Ignored::Why::Silenced);
    bench.wait(1h);
    EXPECT_THAT(bench.say(node, update.offer), SizeIs(1));
}

TEST_F(UpdateTest, BeyondTheBudgetOfItsNodeWaitsAndIsNotLost) {
    bench.policy.budgets.updates_per_minute = 2;
    bench.restart();
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes)));
    bench.contribute(other, kOnes);
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes)));
    bench.contribute(other, kOnes);

    const auto said = bench.say(node, wire::LeaseRequest{bench.core->newest().version, Tier::Heavy});
    const auto& denied = std::get<wire::LeaseDenied>(said.at(0));
    EXPECT_EQ(denied.reason, wire::LeaseDenied::Reason::Wait);
    EXPECT_EQ(denied.retry_after, 30s);
    EXPECT_NE(denied.text, "");
    EXPECT_EQ(bench.ignored.back(), Ignored::Why::Limited);

    bench.wait(30s);
    const auto fourth = bench.sealed(node, kOnes);
    const auto fifth = bench.sealed(node, kOnes);
    ASSERT_THAT(bench.say(node, fourth.offer), SizeIs(1));
    EXPECT_THAT(bench.say(node, fourth.offer), SizeIs(1)) << "what is on its way has had its share";
    const auto refusals = recorded_refusals();
    EXPECT_THAT(bench.say(node, fifth.offer), IsEmpty());
    EXPECT_EQ(recorded_refusals(), refusals);
    bench.wait(30s);
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.deliver(node, fifth)));
    EXPECT_EQ(bench.core->budgets().left(node.id(), bench.now).limited, 2U);
    EXPECT_THAT(bench.say(node, fifth.offer), SizeIs(1)) << "and what is known is answered all the same";
}

TEST_F(UpdateTest, OfARevokedNodeIsForgottenWhileItIsExamined) {
    const auto update = bench.sealed(node, kOnes);
    bench.hold_checks();
    bench.say(node, update.offer);
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    bench.tell(OperatorRevokesNode{1, node.id(), "stolen"});
    bench.finish_checks();
    EXPECT_TRUE(bench.core->pool().waiting().empty());
}

TEST_F(UpdateTest, OfANodeThatIsRevokedBeforeItsRoundClosesIsSetAsideByName) {
    FakeNode third = bench.enrolled();
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, std::vector<float>(8, 7.0F))));
    bench.tell(OperatorRevokesNode{1, node.id(), "stolen"});
    EXPECT_TRUE(bench.core->pool().waiting().empty());
    bench.contribute(other, kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{1}) << "one update is no quorum of two";
    bench.restart();
    bench.contribute(third, kOnes);
    ASSERT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_EQ(bench.newest_weights()[0], 1.5F);
    EXPECT_EQ(bench.core->pool().of(node.id()).counted, Sequence{0});
    const auto& events = bench.journal.events(ledger::kFederationStream);
    const auto aside = std::find_if(events.begin(), events.end(), [](const ledger::Event& event) {
        return std::holds_alternative<ledger::UpdateSetAside>(event);
    });
    ASSERT_NE(aside, events.end());
    EXPECT_EQ(std::get<ledger::UpdateSetAside>(*aside).update, (UpdateId{node.id(), Sequence{1}}));
    EXPECT_EQ(std::get<ledger::UpdateSetAside>(*aside).reason, "its node was revoked");
}

TEST_F(UpdateTest, OfANodeThatIsRevokedWhileItsRoundIsSummedStillCounts) {
    bench.contribute(node, kOnes);
    bench.hold_sums();
    bench.contribute(other, kOnes);
    ASSERT_TRUE(bench.core->frozen_round());
    bench.tell(OperatorRevokesNode{1, node.id(), "stolen"});
    bench.finish_sums();
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
}

TEST_F(UpdateTest, IsAcceptedThoughItsNodeSaysGoodbyeBeforeItIsExamined) {
    const auto update = bench.sealed(node, kOnes);
    bench.hold_checks();
    bench.say(node, update.offer);
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    bench.say(node, wire::Goodbye{});
    EXPECT_EQ(bench.core->transfers().active(), 1U) << "its memory is still in use";
    bench.finish_checks();
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(1));
    EXPECT_EQ(bench.core->transfers().active(), 0U);
}

TEST_F(UpdateTest, DoesNotCountWhenAnotherVersionOfItWasRefusedMeanwhile) {
    const auto update = bench.sealed(node, kOnes);
    bench.hold_checks();
    bench.say(node, update.offer);
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    auto altered = update;
    altered.offer.signature[0] ^= std::byte{1};
    altered.offer.content[0] ^= std::byte{1};
    EXPECT_EQ(refusal(bench.say(node, altered.offer)[0]), RefusalCode::Unsigned);
    bench.finish_checks();
    EXPECT_TRUE(bench.core->pool().waiting().empty());
}

TEST_F(UpdateTest, ArrivingInManyPiecesOutOfOrderIsTheSame) {
    // Repeats, strays and a late answer of the worker change nothing.
    const auto update = bench.sealed(node, kOnes);
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    EXPECT_EQ(bench.ignored.back(), Ignored::Why::Unexpected);
    bench.say(node, update.offer);
    bench.say(node, update.offer);
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    bench.say(node, wire::UpdateChunk{Sequence{1}, 0, update.sealed});
    bench.tell(UpdateChecked{{node.id(), Sequence{1}}, update.offer.content, Sound{}});
    bench.tell(SumReady{RoundId{1}, {}, {}});
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(1));
    EXPECT_EQ(bench.core->newest().version, ModelVersion{1});
}

}  // namespace
}  // namespace skerry::coordinator
