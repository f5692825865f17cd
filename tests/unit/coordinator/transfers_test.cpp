#include "coordinator/admission/transfers.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::SizeIs;

struct TransfersTest : ::testing::Test {
    TransferPolicy policy{.count_max = 2, .bytes_max = 64ULL << 20U, .idle_time = 30s};

    static Incoming incoming(int node, std::uint64_t bytes, std::uint64_t sequence = 1) {
        Incoming update;
        update.header.update.node.value[0] = static_cast<std::byte>(node);
        update.header.update.sequence = Sequence{sequence};
        update.offer.sealed_bytes = bytes;
        update.offer.content[0] = static_cast<std::byte>(node);
        update.offer.content[1] = static_cast<std::byte>(sequence);
        return update;
    }
    static NodeId node(int number) { return incoming(number, 0).id().node; }
    static wire::UpdateChunk chunk(std::uint32_t index, std::size_t size = limits::kChunkBytes,
                                   std::uint64_t sequence = 1) {
        return {Sequence{sequence}, index, Bytes(size, static_cast<std::byte>(index))};
    }
};

TEST_F(TransfersTest, PullChunksOnCreditUntilAllAreThere) {
    Transfers transfers(policy);
    const auto pull = transfers.offer(incoming(1, 5 * limits::kChunkBytes + 10), kStart);
    ASSERT_TRUE(pull);
    EXPECT_EQ(pull->first, 0U);
    EXPECT_EQ(pull->count, limits::kChunkCredit);
    for (std::uint32_t index : {2U, 0U, 1U}) {
        EXPECT_FALSE(std::get<Transfers::More>(transfers.take(node(1), chunk(index), kStart)).pull);
    }
    const auto next = std::get<Transfers::More>(transfers.take(node(1), chunk(3), kStart)).pull;
    ASSERT_TRUE(next);
    EXPECT_EQ(next->first, 4U);
    EXPECT_EQ(next->count, 2U);
    EXPECT_TRUE(std::holds_alternative<Transfers::More>(transfers.take(node(1), chunk(4), kStart)));
    const auto done = transfers.take(node(1), chunk(5, 10), kStart);
    ASSERT_TRUE(std::holds_alternative<Transfers::Complete>(done));
    const Bytes& sealed = std::get<Transfers::Complete>(done).update->sealed;
    ASSERT_THAT(sealed, SizeIs(5 * limits::kChunkBytes + 10));
    EXPECT_EQ(sealed[3 * limits::kChunkBytes], std::byte{3});
    EXPECT_EQ(sealed.back(), std::byte{5});
}

TEST_F(TransfersTest, GoOnFromTheFirstHoleWhenOfferedAgain) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 6 * limits::kChunkBytes), kStart);
    (void)transfers.take(node(1), chunk(0), kStart);
    (void)transfers.take(node(1), chunk(2), kStart);
    const auto again = transfers.offer(incoming(1, 6 * limits::kChunkBytes), kStart);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->first, 1U);
    EXPECT_EQ(again->count, 1U);
}

TEST_F(TransfersTest, DoNotTakeWhatWasNotAskedFor) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 6 * limits::kChunkBytes), kStart);
    EXPECT_TRUE(std::holds_alternative<Transfers::Unexpected>(transfers.take(node(2), chunk(0), kStart)));
    EXPECT_TRUE(std::holds_alternative<Transfers::Unexpected>(transfers.take(node(1), chunk(5), kStart)));
    EXPECT_TRUE(std::holds_alternative<Transfers::Unexpected>(
        transfers.take(node(1), chunk(0, limits::kChunkBytes, 2), kStart)));
    EXPECT_TRUE(std::holds_alternative<Transfers::WrongSize>(transfers.take(node(1), chunk(0, 10), kStart)));
    EXPECT_TRUE(std::holds_alternative<Transfers::More>(transfers.take(node(1), chunk(0), kStart)));
    EXPECT_TRUE(std::holds_alternative<Transfers::Unexpected>(transfers.take(node(1), chunk(0), kStart)));
}

TEST_F(TransfersTest, LetTheRestWaitInOrder) {
    Transfers transfers(policy);
    EXPECT_TRUE(transfers.offer(incoming(1, 100), kStart));
    EXPECT_TRUE(transfers.offer(incoming(2, 100), kStart));
    EXPECT_FALSE(transfers.offer(incoming(3, 100), kStart));
    EXPECT_FALSE(transfers.offer(incoming(4, 100), kStart));
    EXPECT_FALSE(transfers.offer(incoming(3, 100), kStart)) << "waits already";
    EXPECT_EQ(transfers.waiting(), 2U);
    EXPECT_THAT(transfers.make_room(kStart), SizeIs(0));
    transfers.drop(node(1));
    const auto started = transfers.make_room(kStart);
    ASSERT_THAT(started, SizeIs(1));
    EXPECT_EQ(started[0].node, node(3));
}

TEST_F(TransfersTest, GiveTheMemoryOfAStalledTransferToTheNext) {
    Transfers transfers(policy);
    policy.bytes_max = 150;
    Transfers tight(policy);
    EXPECT_TRUE(tight.offer(incoming(1, 100), kStart));
    EXPECT_FALSE(tight.offer(incoming(2, 100), kStart + 10s));
    EXPECT_EQ(tight.deadline(), kStart + 30s);
    EXPECT_THAT(tight.make_room(kStart + 29s), SizeIs(0));
    EXPECT_THAT(tight.make_room(kStart + 30s), SizeIs(1));
    EXPECT_EQ(tight.active(), 1U);
}

TEST_F(TransfersTest, LetAnUpdateLargerThanTheBoundPassAlone) {
    policy.bytes_max = 50;
    Transfers transfers(policy);
    EXPECT_TRUE(transfers.offer(incoming(1, 100), kStart));
}

TEST_F(TransfersTest, ReplaceAnUnfinishedUpdateByTheNodesNext) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 2 * limits::kChunkBytes), kStart);
    const auto next = transfers.offer(incoming(1, 100, 2), kStart);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->sequence, Sequence{2});
    EXPECT_EQ(transfers.active(), 1U);
}

TEST_F(TransfersTest, KnowAnOfferAgainByEveryByte) {
    policy.count_max = 1;
    Transfers transfers(policy);
    const Incoming first = incoming(1, 100);
    const Incoming second = incoming(2, 100);
    (void)transfers.offer(first, kStart);
    (void)transfers.offer(second, kStart);
    EXPECT_TRUE(transfers.holds(node(1), first.offer));
    EXPECT_TRUE(transfers.holds(node(2), second.offer)) << "it waits";
    EXPECT_EQ(transfers.pulling(node(2)), nullptr);
    ASSERT_NE(transfers.pending(node(2)), nullptr);
    auto altered = second.offer;
    altered.signature[0] ^= std::byte{1};
    EXPECT_FALSE(transfers.holds(node(2), altered));
    (void)transfers.take(node(1), chunk(0, 100), kStart);
    EXPECT_TRUE(transfers.holds(node(1), first.offer)) << "it is examined";
    EXPECT_EQ(transfers.pending(node(1)), nullptr);
    EXPECT_FALSE(transfers.holds(node(3), first.offer));
}

TEST_F(TransfersTest, HoldOnToWhatIsUnderExamination) {
    Transfers transfers(policy);
    const Incoming update = incoming(1, 100);
    (void)transfers.offer(update, kStart);
    EXPECT_TRUE(std::holds_alternative<Transfers::Complete>(transfers.take(node(1), chunk(0, 100), kStart)));
    EXPECT_FALSE(transfers.offer(update, kStart)) << "the answer is on its way";
    EXPECT_FALSE(transfers.deadline());
    EXPECT_THAT(transfers.make_room(kStart + 1h), SizeIs(0));
    EXPECT_NE(transfers.examining(update.id(), update.offer.content), nullptr);
    EXPECT_EQ(transfers.examining(update.id(), Digest{}), nullptr);
    EXPECT_EQ(transfers.pulling(node(1)), nullptr);
}

TEST_F(TransfersTest, CountTheMemoryOfWhatIsExaminedUntilItsEnd) {
    policy.bytes_max = 150;
    Transfers transfers(policy);
    const Incoming update = incoming(1, 100);
    (void)transfers.offer(update, kStart);
    (void)transfers.take(node(1), chunk(0, 100), kStart);
    transfers.drop(node(1));
    EXPECT_NE(transfers.examining(update.id(), update.offer.content), nullptr);
    EXPECT_FALSE(transfers.offer(incoming(2, 100), kStart)) << "a worker still holds the first";
    transfers.finish(node(1));
    EXPECT_THAT(transfers.make_room(kStart), SizeIs(1));
}

TEST_F(TransfersTest, GiveThePlaceOfASlowTransferToWhoWaits) {
    policy.bytes_max = 1;
    policy.rate_min = limits::kChunkBytes;  // a second a chunk
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 4 * limits::kChunkBytes), kStart);
    for (std::uint32_t index : {0U, 1U})
        (void)transfers.take(node(1), chunk(index), kStart + 25s * (index + 1));
    EXPECT_THAT(transfers.make_room(kStart + 50s), SizeIs(0));
    EXPECT_EQ(transfers.active(), 1U) << "nobody waits, so it may be slow";
    EXPECT_FALSE(transfers.offer(incoming(2, 100), kStart + 50s));
    EXPECT_THAT(transfers.make_room(kStart + 50s), SizeIs(1));
    EXPECT_EQ(transfers.pulling(node(1)), nullptr);
}

}  // namespace
}  // namespace skerry::coordinator
