#include "coordinator/admission/examine.hpp"

#include <gmock/gmock.h>

#include "coordinator/blob_orders.hpp"
#include "coordinator/round/sealed_set.hpp"
#include "coordinator/round/summing.hpp"
#include "tests/support/passing_blob_store.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using wire::RefusalCode;

constexpr std::size_t kValues = 600'000;  // several chunks

/// Counts what is read, and may change a byte of it.
class WatchedBlobs final : public PassingBlobStore {
public:
    using PassingBlobStore::PassingBlobStore;
    Result<Bytes> read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const override {
        auto bytes = PassingBlobStore::read_draft(name, offset, count);
        read += count;
        if (bytes && changed >= offset && changed < offset + count) (*bytes)[changed - offset] ^= std::byte{1};
        return bytes;
    }
    mutable std::uint64_t read = 0;
    std::uint64_t changed = UINT64_MAX;  ///< the disk gives this byte back as another
};

struct ExamineTest : ::testing::Test {
    ExamineTest() {
        model.values = {kValues / 2, kValues, kValues + 10};
        update = sample.sealed(wire::SampleUpdate::body_of(kValues));
        what = {update.content, update.header, update.sealed.size(), 1e6F, {}};
    }

    void arrive(std::span<const std::byte> sealed) {
        Bytes all = update.header;
        all.insert(all.end(), sealed.begin(), sealed.end());
        for (std::uint64_t at = 0; at < all.size(); at += 100'000) {
            const ByteView piece = ByteView(all).subspan(at, std::min<std::size_t>(100'000, all.size() - at));
            ASSERT_TRUE(perform_blob_order(KeepPiece{update.content, at, copy_of(piece)}, blobs, hashes));
        }
    }
    [[nodiscard]] Result<Examined> examined() const { return examine(what, blobs, model, sample.coordinator, hashes); }

    wire::SampleUpdate sample;
    ModelShape model;
    wire::SealedUpdate update;
    Examination what;
    storage::MemoryBlobStore memory;
    WatchedBlobs blobs{memory};
    DraftHashes hashes;
};

TEST_F(ExamineTest, ReadsWhatHasArrivedInThisProcessOnce) {
    arrive(update.sealed);
    const auto found = examined();
    ASSERT_TRUE(found && std::holds_alternative<Sound>(*found));
    EXPECT_LT(blobs.read, update.sealed.size() + limits::kChunkBytes + 1000);
}

TEST_F(ExamineTest, ReadsWhatArrivedBeforeForItsHashToo) {
    arrive(update.sealed);
    const DraftHashes none;
    const auto again = examine(what, blobs, model, sample.coordinator, none);
    ASSERT_TRUE(again && std::holds_alternative<Sound>(*again));
    EXPECT_GT(blobs.read, 2 * update.sealed.size());
}

TEST_F(ExamineTest, TellsWhatWasNotOfferedWithoutReadingIt) {
    Bytes other = update.sealed;
    other[3] ^= std::byte{1};
    arrive(other);
    const auto found = examined();
    ASSERT_TRUE(found && std::holds_alternative<Flaw>(*found));
    EXPECT_EQ(std::get<Flaw>(*found).code, RefusalCode::Malformed);
    EXPECT_EQ(blobs.read, 0U);
}

TEST_F(ExamineTest, IsToldADraftThatBeganWithAnotherOffer) {
    arrive(update.sealed);
    what.header.back() ^= std::byte{1};
    const auto found = examined();
    ASSERT_TRUE(found && std::holds_alternative<Flaw>(*found));
    EXPECT_EQ(std::get<Flaw>(*found).code, RefusalCode::Malformed);
}

TEST_F(ExamineTest, BlamesTheDiskForWhatTheDiskHasChanged) {
    arrive(update.sealed);
    blobs.changed = wire::kUpdateHeaderBytes + 300'000;
    const auto found = examined();
    ASSERT_FALSE(found) << "the node sent what it offered";
    EXPECT_EQ(found.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(found.error().message, HasSubstr("the disk does not give back"));
}

TEST_F(ExamineTest, BlamesTheNodeForWhatDoesNotOpen) {
    const auto other = crypto::SealPrivateKey::generate();
    arrive(update.sealed);
    const auto found = examine(what, blobs, model, other, hashes);
    ASSERT_TRUE(found && std::holds_alternative<Flaw>(*found));
    EXPECT_EQ(std::get<Flaw>(*found).code, RefusalCode::Undecryptable);
}

TEST_F(ExamineTest, TakesTheHashOfPiecesThatCameOnceMoreFromTheDisk) {
    arrive(update.sealed);
    // A piece of before is written again, as after a reply that was lost: the store keeps what it has.
    ASSERT_TRUE(perform_blob_order(KeepPiece{update.content, 0, Bytes(10)}, blobs, hashes));
    EXPECT_FALSE(hashes.of(update.content, update.header.size() + update.sealed.size()));
    const auto found = examined();
    EXPECT_TRUE(found && std::holds_alternative<Sound>(*found));
}

TEST_F(ExamineTest, LeavesASumNothingToReadForHashAndNorms) {
    arrive(update.sealed);
    const auto found = examined();
    ASSERT_TRUE(found && std::holds_alternative<Sound>(*found));
    ASSERT_TRUE(perform_blob_order(
        StoreBlob{update.content, update.header.size() + update.sealed.size(), update.signature}, blobs, hashes));
    const std::vector<Contribution> set = {{sample.header.update, update.content, Tier::Medium, 100}};
    const auto sum = [&](const ExaminedUpdates* known) {
        RoundTerms terms{{"norm_bound, mean", "none"}};
        terms.memory_max = 1 << 21;  // too little to keep an update for the next pass
        terms.examined = known;
        blobs.read = 0;
        const auto parent = [&]() -> Result<std::vector<float>> { return std::vector<float>(model.values.back()); };
        return sum_round(set, parent, model, terms, blobs, sample.coordinator);
    };
    ExaminedUpdates known;
    known.note(update.content, std::get<Sound>(*found).norms);
    const auto alone = sum(nullptr);
    const std::uint64_t read_alone = blobs.read;
    const auto after = sum(&known);
    ASSERT_TRUE(alone && after);
    EXPECT_EQ(after->sum, alone->sum);
    EXPECT_EQ(after->weights, alone->weights);
    EXPECT_LT(2 * blobs.read, read_alone);
    known.forget(set);
    EXPECT_EQ(known.find(update.content), nullptr);
}

}  // namespace
}  // namespace skerry::coordinator
