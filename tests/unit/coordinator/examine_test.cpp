#include "coordinator/admission/examine.hpp"

#include <gmock/gmock.h>

#include "coordinator/blob_orders.hpp"
#include "tests/support/passing_blob_store.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using wire::RefusalCode;

constexpr std::size_t kValues = 600'000;  // three chunks

/// Counts what is read, and may change a byte of it.
class WatchedBlobs final : public PassingBlobStore {
public:
    using PassingBlobStore::PassingBlobStore;
    Result<Bytes> read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const override {
        auto bytes = PassingBlobStore::read_draft(name, offset, count);
        read += count;
        const bool hit = bytes && changed >= offset && changed < offset + count;
        if (hit && skipped-- <= 0 && times-- > 0) (*bytes)[changed - offset] ^= std::byte{1};
        return bytes;
    }
    mutable std::uint64_t read = 0;
    std::uint64_t changed = UINT64_MAX;  ///< the disk gives this byte back as another,
    mutable int skipped = 0;             ///< but not at first,
    mutable int times = 1000;            ///< and so often
};

struct ExamineTest : ::testing::Test {
    ExamineTest() {
        model.values = {kValues / 2, kValues, kValues + 10};
        update = sample.sealed(wire::SampleUpdate::body_of(kValues));
    }

    [[nodiscard]] static Examination about(const wire::SealedUpdate& what) {
        return {what.content, what.header, what.sealed.size(), 1e6F, {}};
    }
    void arrive(const wire::SealedUpdate& what, ByteView sealed, DraftHashes& noted) {
        Bytes all = what.header;
        all.insert(all.end(), sealed.begin(), sealed.end());
        for (std::uint64_t at = 0; at < all.size(); at += 100'000) {
            const ByteView piece = ByteView(all).subspan(at, std::min<std::size_t>(100'000, all.size() - at));
            ASSERT_TRUE(perform_blob_order(KeepPiece{what.content, at, copy_of(piece)}, blobs, noted));
        }
    }
    void arrive(ByteView sealed) { arrive(update, sealed, hashes); }
    [[nodiscard]] Result<Examined> examined() const { return examined_by(hashes); }
    [[nodiscard]] Result<Examined> examined_by(const DraftHashes& known) const {
        return examine(about(update), blobs, model, sample.coordinator, known);
    }
    static void expect_refused(const Result<Examined>& found, RefusalCode code) {
        ASSERT_TRUE(found && std::holds_alternative<Flaw>(*found));
        EXPECT_EQ(std::get<Flaw>(*found).code, code);
    }
    [[nodiscard]] std::uint64_t drafted() const { return update.header.size() + update.sealed.size(); }

    wire::SampleUpdate sample;
    ModelShape model;
    wire::SealedUpdate update;
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
    const auto again = examined_by(DraftHashes());
    ASSERT_TRUE(again && std::holds_alternative<Sound>(*again));
    EXPECT_GT(blobs.read, 2 * update.sealed.size());
}

TEST_F(ExamineTest, TellsWhatWasNotOfferedWithoutReadingIt) {
    Bytes other = update.sealed;
    other[3] ^= std::byte{1};
    arrive(other);
    expect_refused(examined(), RefusalCode::Malformed);
    EXPECT_EQ(blobs.read, 0U);
}

TEST_F(ExamineTest, RefusesADraftThatBeganWithAnotherOffer) {
    arrive(update.sealed);
    update.header.back() ^= std::byte{1};
    expect_refused(examined(), RefusalCode::Malformed);
}

TEST_F(ExamineTest, RefusesWhatIsNotOfferedThoughItsSenderMendsWhatAnotherProcessHasKept) {
    Bytes other = update.sealed;
    other[3] ^= std::byte{1};
    arrive(update, ByteView(other).first(200'000), hashes);
    DraftHashes next;
    arrive(update, update.sealed, next);  // of which the store keeps what lies behind the others
    expect_refused(examined_by(next), RefusalCode::Malformed);
}

TEST_F(ExamineTest, BlamesTheDiskForWhatTheDiskHasChanged) {
    arrive(update.sealed);
    blobs.changed = wire::kUpdateHeaderBytes + 300'000;
    const auto found = examined();
    ASSERT_FALSE(found) << "the node sent what it offered";
    EXPECT_EQ(found.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(found.error().message, HasSubstr("the disk does not give back"));
}

TEST_F(ExamineTest, BlamesTheDiskForWhatTheDiskHasLost) {
    arrive(update.sealed);
    memory.cut_draft(update.content, 1000);
    ASSERT_FALSE(examined());
    EXPECT_EQ(examined().error().code, ErrorCode::Unavailable);
    EXPECT_THAT(examined().error().message, HasSubstr("the disk does not give back"));
    ASSERT_TRUE(memory.drop(update.content));
    ASSERT_FALSE(examined());
    EXPECT_EQ(examined().error().code, ErrorCode::Unavailable);
    expect_refused(examined_by(DraftHashes()), RefusalCode::Malformed);
}

TEST_F(ExamineTest, ReadsOnceMoreWhatWasReadWrong) {
    arrive(update.sealed);
    blobs.changed = wire::kUpdateHeaderBytes + 300'000;
    blobs.times = 1;
    const auto found = examined();
    EXPECT_TRUE(found && std::holds_alternative<Sound>(*found));
    blobs.skipped = 1;  // right for its hash, which nobody has noted, and wrong when it is opened
    blobs.times = 1;
    const auto of_before = examined_by(DraftHashes());
    EXPECT_TRUE(of_before && std::holds_alternative<Sound>(*of_before));
    EXPECT_LT(blobs.times, 0) << "it was read wrong, and right again";
}

TEST_F(ExamineTest, BlamesTheNodeForWhatDoesNotOpen) {
    arrive(update.sealed);
    sample.coordinator = crypto::SealPrivateKey::generate();
    expect_refused(examined(), RefusalCode::Undecryptable);
}

TEST_F(ExamineTest, TakesTheHashOfPiecesThatCameOnceMoreFromTheDisk) {
    arrive(update.sealed);
    // A piece of before is written again, as after a reply that was lost: the store keeps what it has.
    ASSERT_TRUE(perform_blob_order(KeepPiece{update.content, 0, Bytes(10)}, blobs, hashes));
    EXPECT_FALSE(hashes.of(update.content, drafted()));
    const auto found = examined();
    EXPECT_TRUE(found && std::holds_alternative<Sound>(*found));
}

TEST_F(ExamineTest, RefusesWhatIsOfferedUnderTheNameOfABlobThatIsErasedMeanwhile) {
    const auto piece = [&](std::uint64_t at) {
        return perform_blob_order(KeepPiece{update.content, at, Bytes(100'000)}, blobs, hashes);
    };
    ASSERT_TRUE(memory.put(update.content, bytes_of("a version")));
    ASSERT_TRUE(piece(0));
    ASSERT_TRUE(memory.erase(update.content));
    ASSERT_TRUE(piece(100'000)) << "a node must not end the process";
    ASSERT_TRUE(piece(200'000));
    EXPECT_THAT(memory.drafts().value(), ::testing::IsEmpty());
    expect_refused(examined(), RefusalCode::Malformed);
}

TEST_F(ExamineTest, KnowsNoDraftThatIsNoneAnyMore) {
    arrive(update.sealed);
    EXPECT_EQ(hashes.of(update.content, drafted()), update.content);
    ASSERT_TRUE(perform_blob_order(DropDraft{update.content}, blobs, hashes));
    EXPECT_FALSE(hashes.of(update.content, drafted()));
    arrive(update.sealed);
    ASSERT_TRUE(perform_blob_order(StoreBlob{update.content, drafted(), update.signature}, blobs, hashes));
    EXPECT_FALSE(hashes.of(update.content, drafted()));
}

}  // namespace
}  // namespace skerry::coordinator
