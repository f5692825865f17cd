#include "coordinator/admission/transfers.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::SizeIs;

constexpr std::uint64_t kChunk = limits::kChunkBytes;

struct TransfersTest : ::testing::Test {
    TransferPolicy policy{.count_max = 2, .bytes_max = 64ULL << 20U, .idle_time = 30s};

    static Incoming incoming(int node, std::uint64_t bytes, std::uint64_t sequence = 1) {
        Incoming update;
        update.header.update.node.value[0] = static_cast<std::byte>(node);
        update.header.update.sequence = Sequence{sequence};
        update.offer.header = Bytes(wire::kUpdateHeaderBytes, static_cast<std::byte>(sequence));
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
    static bool goes_on(const Transfers::Taken& taken) { return std::holds_alternative<Transfers::More>(taken); }
    static bool ends(const Transfers::Taken& taken) { return std::holds_alternative<Transfers::Complete>(taken); }
    static bool is_nothing(const Transfers::Taken& taken) {
        return std::holds_alternative<Transfers::Unexpected>(taken);
    }
};

TEST_F(TransfersTest, PullChunksOnCreditUntilAllAreThere) {
    Transfers transfers(policy);
    const Incoming update = incoming(1, 5 * kChunk + 10);
    const auto pull = transfers.offer(update, kStart).pull;
    ASSERT_TRUE(pull);
    EXPECT_EQ(pull->first, 0U);
    EXPECT_EQ(pull->count, limits::kChunkCredit);
    auto first = std::get<Transfers::More>(transfers.take(node(1), chunk(0), kStart));
    EXPECT_FALSE(first.pull);
    EXPECT_EQ(first.piece.content, update.offer.content);
    EXPECT_EQ(first.piece.at, 0U);
    ASSERT_THAT(first.piece.bytes, SizeIs(wire::kUpdateHeaderBytes + kChunk)) << "the draft begins with the header";
    EXPECT_TRUE(std::equal(update.offer.header.begin(), update.offer.header.end(), first.piece.bytes.begin()));
    for (const std::uint32_t index : {1U, 2U})
        EXPECT_FALSE(std::get<Transfers::More>(transfers.take(node(1), chunk(index), kStart)).pull);
    const auto fourth = std::get<Transfers::More>(transfers.take(node(1), chunk(3), kStart));
    EXPECT_EQ(fourth.piece.at, wire::kUpdateHeaderBytes + 3 * kChunk);
    EXPECT_EQ(fourth.piece.bytes, chunk(3).bytes);
    ASSERT_TRUE(fourth.pull);
    EXPECT_EQ(fourth.pull->first, 4U);
    EXPECT_EQ(fourth.pull->count, 2U);
    EXPECT_TRUE(goes_on(transfers.take(node(1), chunk(4), kStart)));
    const auto done = transfers.take(node(1), chunk(5, 10), kStart);
    ASSERT_TRUE(ends(done));
    EXPECT_EQ(std::get<Transfers::Complete>(done).incoming->offer, update.offer);
}

TEST_F(TransfersTest, TakeChunksInTheirOrderAndGoOnBehindTheLastWhenOfferedAgain) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 6 * kChunk), kStart);
    EXPECT_TRUE(goes_on(transfers.take(node(1), chunk(0), kStart)));
    EXPECT_TRUE(is_nothing(transfers.take(node(1), chunk(2), kStart))) << "the second was lost";
    const auto again = transfers.offer(incoming(1, 6 * kChunk), kStart).pull;
    ASSERT_TRUE(again);
    EXPECT_EQ(again->first, 1U);
    EXPECT_EQ(again->count, limits::kChunkCredit);
}

TEST_F(TransfersTest, DoNotTakeWhatWasNotAskedFor) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 6 * kChunk), kStart);
    EXPECT_TRUE(is_nothing(transfers.take(node(2), chunk(0), kStart)));
    EXPECT_TRUE(is_nothing(transfers.take(node(1), chunk(5), kStart)));
    EXPECT_TRUE(is_nothing(transfers.take(node(1), chunk(0, limits::kChunkBytes, 2), kStart)));
    EXPECT_TRUE(std::holds_alternative<Transfers::WrongSize>(transfers.take(node(1), chunk(0, 10), kStart)));
    EXPECT_TRUE(goes_on(transfers.take(node(1), chunk(0), kStart)));
    EXPECT_TRUE(is_nothing(transfers.take(node(1), chunk(0), kStart)));
}

TEST_F(TransfersTest, GoOnWhereTheDraftEndsAfterTheNodeWasGone) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 6 * kChunk), kStart);
    for (const std::uint32_t index : {0U, 1U})
        EXPECT_TRUE(goes_on(transfers.take(node(1), chunk(index), kStart)));
    transfers.interrupt(node(1));
    EXPECT_EQ(transfers.active(), 0U);
    EXPECT_EQ(transfers.interrupted(), 1U);
    EXPECT_TRUE(is_nothing(transfers.take(node(1), chunk(2), kStart)));
    EXPECT_TRUE(transfers.holds(node(1), incoming(1, 6 * kChunk).offer));
    EXPECT_TRUE(transfers.is_unfinished(incoming(1, 0).id()));
    const auto again = transfers.offer(incoming(1, 6 * kChunk), kStart + 1h);
    ASSERT_TRUE(again.pull);
    EXPECT_EQ(again.pull->first, 2U);
    EXPECT_FALSE(again.dropped);
    EXPECT_EQ(transfers.deadline(), kStart + 1h + 30s);
}

TEST_F(TransfersTest, GoOnWhereTheDraftEndsAfterARestart) {
    const Incoming update = incoming(1, 6 * kChunk);
    for (const auto& [draft, first] : std::initializer_list<std::pair<std::uint64_t, std::uint32_t>>{
             {wire::kUpdateHeaderBytes, 0},
             {2 * kChunk, 1},  // which ends within the second
             {wire::kUpdateHeaderBytes + 2 * kChunk, 2},
             {wire::kUpdateHeaderBytes + 6 * kChunk, 5}}) {  // all there: the last comes again
        Transfers transfers(policy);
        ASSERT_TRUE(transfers.restore(update.header, update.offer.header, update.offer.content, draft));
        EXPECT_FALSE(transfers.restore(update.header, update.offer.header, Digest{}, draft)) << "one a node";
        auto other = update.offer;
        other.signature[0] ^= std::byte{1};
        EXPECT_TRUE(transfers.holds(node(1), other)) << "nothing else is known of the offer";
        const auto pull = transfers.offer(update, kStart).pull;
        ASSERT_TRUE(pull);
        EXPECT_EQ(pull->first, first);
        EXPECT_FALSE(transfers.holds(node(1), other));
    }
}

TEST_F(TransfersTest, NameTheDraftThatIsToBeDropped) {
    Transfers transfers(policy);
    const Incoming update = incoming(1, 6 * kChunk);
    (void)transfers.offer(update, kStart);
    EXPECT_EQ(transfers.drop(node(1)), std::nullopt) << "nothing has come";
    (void)transfers.offer(update, kStart);
    (void)transfers.take(node(1), chunk(0), kStart);
    EXPECT_EQ(transfers.drop(node(1)), update.offer.content);
    EXPECT_EQ(transfers.drop(node(1)), std::nullopt);
    (void)transfers.offer(update, kStart);
    (void)transfers.take(node(1), chunk(0), kStart);
    const auto next = transfers.offer(incoming(1, 100, 2), kStart);
    EXPECT_EQ(next.dropped, update.offer.content);
    ASSERT_TRUE(next.pull);
    EXPECT_EQ(next.pull->first, 0U);
    (void)transfers.take(node(1), chunk(0, 100, 2), kStart);
    transfers.finish(node(1));
    (void)transfers.offer(update, kStart);
    (void)transfers.take(node(1), chunk(0), kStart);
    Incoming relabelled = update;
    relabelled.offer.header[7] ^= std::byte{1};
    EXPECT_EQ(transfers.offer(relabelled, kStart).dropped, update.offer.content)
        << "the draft begins with another header";
}

TEST_F(TransfersTest, KnowWhoseContentItIs) {
    Transfers transfers(policy);
    const Incoming update = incoming(1, 6 * kChunk);
    (void)transfers.offer(update, kStart);
    EXPECT_TRUE(transfers.is_anothers(node(2), update.offer.content));
    EXPECT_FALSE(transfers.is_anothers(node(1), update.offer.content));
    (void)transfers.take(node(1), chunk(0), kStart);
    transfers.interrupt(node(1));
    EXPECT_TRUE(transfers.is_anothers(node(2), update.offer.content));
    (void)transfers.offer(incoming(1, 100, 2), kStart);
    EXPECT_FALSE(transfers.is_anothers(node(2), update.offer.content));
    (void)transfers.drop(node(1));
    EXPECT_FALSE(transfers.is_anothers(node(2), incoming(1, 100, 2).offer.content));
}

TEST_F(TransfersTest, LetTheRestWaitInOrder) {
    Transfers transfers(policy);
    EXPECT_TRUE(transfers.offer(incoming(1, 100), kStart).pull);
    EXPECT_TRUE(transfers.offer(incoming(2, 100), kStart).pull);
    EXPECT_FALSE(transfers.offer(incoming(3, 100), kStart).pull);
    EXPECT_FALSE(transfers.offer(incoming(4, 100), kStart).pull);
    EXPECT_FALSE(transfers.offer(incoming(3, 100), kStart).pull) << "waits already";
    EXPECT_EQ(transfers.waiting(), 2U);
    EXPECT_THAT(transfers.make_room(kStart), SizeIs(0));
    (void)transfers.drop(node(1));
    const auto started = transfers.make_room(kStart);
    ASSERT_THAT(started, SizeIs(1));
    EXPECT_EQ(started[0].node, node(3));
}

TEST_F(TransfersTest, GiveThePlaceOfAStalledTransferToTheNext) {
    Transfers transfers(policy);
    policy.bytes_max = 150;
    Transfers tight(policy);
    EXPECT_TRUE(tight.offer(incoming(1, 100), kStart).pull);
    EXPECT_FALSE(tight.offer(incoming(2, 100), kStart + 10s).pull);
    EXPECT_EQ(tight.deadline(), kStart + 30s);
    EXPECT_THAT(tight.make_room(kStart + 29s), SizeIs(0));
    EXPECT_THAT(tight.make_room(kStart + 30s), SizeIs(1));
    EXPECT_EQ(tight.active(), 1U);
}

TEST_F(TransfersTest, LetAnUpdateLargerThanTheBoundPassAlone) {
    policy.bytes_max = 50;
    Transfers transfers(policy);
    EXPECT_TRUE(transfers.offer(incoming(1, 100), kStart).pull);
}

TEST_F(TransfersTest, ReplaceAnUnfinishedUpdateByTheNodesNext) {
    Transfers transfers(policy);
    (void)transfers.offer(incoming(1, 2 * limits::kChunkBytes), kStart);
    const auto next = transfers.offer(incoming(1, 100, 2), kStart).pull;
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
    EXPECT_TRUE(transfers.is_unfinished(second.id()));
    auto altered = second.offer;
    altered.signature[0] ^= std::byte{1};
    EXPECT_FALSE(transfers.holds(node(2), altered));
    (void)transfers.take(node(1), chunk(0, 100), kStart);
    EXPECT_TRUE(transfers.holds(node(1), first.offer)) << "it is examined";
    EXPECT_FALSE(transfers.is_unfinished(first.id()));
    EXPECT_FALSE(transfers.holds(node(3), first.offer));
}

TEST_F(TransfersTest, HoldOnToWhatIsUnderExamination) {
    Transfers transfers(policy);
    const Incoming update = incoming(1, 100);
    (void)transfers.offer(update, kStart);
    EXPECT_TRUE(ends(transfers.take(node(1), chunk(0, 100), kStart)));
    EXPECT_FALSE(transfers.offer(update, kStart).pull) << "the answer is on its way";
    EXPECT_FALSE(transfers.deadline());
    EXPECT_THAT(transfers.make_room(kStart + 1h), SizeIs(0));
    EXPECT_NE(transfers.examining(update.id(), update.offer.content), nullptr);
    EXPECT_EQ(transfers.examining(update.id(), Digest{}), nullptr);
    EXPECT_EQ(transfers.pulling(node(1)), nullptr);
}

TEST_F(TransfersTest, CountWhatIsExaminedUntilItsEnd) {
    policy.bytes_max = 150;
    Transfers transfers(policy);
    const Incoming update = incoming(1, 100);
    (void)transfers.offer(update, kStart);
    (void)transfers.take(node(1), chunk(0, 100), kStart);
    EXPECT_EQ(transfers.drop(node(1)), std::nullopt);
    EXPECT_NE(transfers.examining(update.id(), update.offer.content), nullptr);
    EXPECT_FALSE(transfers.offer(incoming(2, 100), kStart).pull) << "a worker still holds the first";
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
    EXPECT_FALSE(transfers.offer(incoming(2, 100), kStart + 50s).pull);
    EXPECT_THAT(transfers.make_room(kStart + 50s), SizeIs(1));
    EXPECT_EQ(transfers.pulling(node(1)), nullptr);
}

}  // namespace
}  // namespace skerry::coordinator
