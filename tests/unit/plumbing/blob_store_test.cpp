#include "common/storage/blob_store.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/rocks_blob_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::storage {
namespace {

constexpr std::size_t kMebibyte = 1 << 20;

Digest named(int number) {
    Digest digest{};
    digest[0] = static_cast<std::byte>(number);
    return digest;
}

Bytes blob_of(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i * 31 + i / 4096);
    return bytes;
}

class Memory {
public:
    BlobStore& store() { return store_; }

private:
    MemoryBlobStore store_;
};

class Rocks {
public:
    BlobStore& store() { return *store_; }

private:
    TemporaryFolder folder_;
    std::unique_ptr<RocksBlobStore> store_ = *RocksBlobStore::open(folder_ / "blobs");
};

template <class Kind>
class BlobStoreTest : public testing::Test {
protected:
    BlobStore& store() { return kind_.store(); }

private:
    Kind kind_;
};

using Kinds = testing::Types<Memory, Rocks>;
TYPED_TEST_SUITE(BlobStoreTest, Kinds);

TYPED_TEST(BlobStoreTest, NamesEachBlobOnceWhateverItsSize) {
    const std::array<std::size_t, 4> sizes = {0, 5000, kMebibyte, 3 * kMebibyte + 17};
    std::vector<Digest> names;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        names.push_back(named(static_cast<int>(i * 85)));  // the last is all but the highest name there is
        ASSERT_TRUE(this->store().put(names.back(), blob_of(sizes[i])));
    }
    EXPECT_EQ(*this->store().names(), names);
    ASSERT_TRUE(this->store().erase(names[1]));
    names.erase(names.begin() + 1);
    EXPECT_EQ(*this->store().names(), names);
}

TYPED_TEST(BlobStoreTest, GivesBackWhatWasPutWhateverItsSize) {
    const std::array<std::size_t, 6> sizes = {0, 1, 5000, kMebibyte, kMebibyte + 1, 3 * kMebibyte + 17};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        ASSERT_TRUE(this->store().put(named(static_cast<int>(i)), blob_of(sizes[i])));
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const auto blob = this->store().get(named(static_cast<int>(i)));
        ASSERT_TRUE(blob) << blob.error().message;
        EXPECT_TRUE(*blob == blob_of(sizes[i])) << sizes[i];
        EXPECT_EQ(*this->store().size(named(static_cast<int>(i))), sizes[i]);
    }
}

TYPED_TEST(BlobStoreTest, ReadsRangesAcrossParts) {
    const Bytes blob = blob_of(2 * kMebibyte + 100);
    ASSERT_TRUE(this->store().put(named(1), blob));
    for (const auto& [offset, count] : std::initializer_list<std::pair<std::size_t, std::size_t>>{
             {0, 10}, {kMebibyte - 1, 2}, {kMebibyte, kMebibyte}, {2 * kMebibyte + 99, 1}, {blob.size(), 0}}) {
        const auto range = this->store().get_range(named(1), offset, count);
        ASSERT_TRUE(range) << range.error().message;
        const auto first = blob.begin() + static_cast<std::ptrdiff_t>(offset);
        EXPECT_TRUE(*range == Bytes(first, first + static_cast<std::ptrdiff_t>(count))) << offset;
    }
}

TYPED_TEST(BlobStoreTest, RefusesARangeOutsideTheBlob) {
    ASSERT_TRUE(this->store().put(named(1), blob_of(10)));
    EXPECT_EQ(this->store().get_range(named(1), 5, 6).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(this->store().get_range(named(1), ~std::uint64_t{0}, 1).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(this->store().get_range(named(1), 1, ~std::size_t{0}).error().code, ErrorCode::InvalidInput);
}

TYPED_TEST(BlobStoreTest, SaysThatAnUnknownBlobIsNotFound) {
    EXPECT_EQ(this->store().get(named(9)).error().code, ErrorCode::NotFound);
    EXPECT_EQ(this->store().get_range(named(9), 0, 0).error().code, ErrorCode::NotFound);
    EXPECT_EQ(this->store().size(named(9)).error().code, ErrorCode::NotFound);
    EXPECT_FALSE(*this->store().has(named(9)));
    EXPECT_TRUE(this->store().erase(named(9)));
}

TYPED_TEST(BlobStoreTest, PuttingTheSameBlobAgainChangesNothing) {
    ASSERT_TRUE(this->store().put(named(1), blob_of(5000)));
    ASSERT_TRUE(this->store().put(named(1), blob_of(5000)));
    EXPECT_TRUE(*this->store().get(named(1)) == blob_of(5000));
}

TYPED_TEST(BlobStoreTest, ForgetsAnErasedBlobAndOnlyThat) {
    ASSERT_TRUE(this->store().put(named(1), blob_of(2 * kMebibyte)));
    ASSERT_TRUE(this->store().put(named(2), blob_of(100)));
    ASSERT_TRUE(this->store().erase(named(1)));
    EXPECT_FALSE(*this->store().has(named(1)));
    EXPECT_EQ(this->store().get(named(1)).error().code, ErrorCode::NotFound);
    EXPECT_TRUE(*this->store().has(named(2)));
}

TYPED_TEST(BlobStoreTest, MakesABlobOfPieces) {
    const Bytes blob = blob_of(2 * kMebibyte + 300);
    const ByteView all(blob);
    std::uint64_t at = 0;
    for (const std::size_t size :
         {std::size_t{256}, kMebibyte / 4, 2 * kMebibyte - kMebibyte / 4 - 1, std::size_t{45}}) {
        ASSERT_TRUE(this->store().append(named(1), at, all.subspan(at, size)));
        at += size;
        EXPECT_EQ(*this->store().drafted(named(1)), at);
    }
    ASSERT_EQ(at, blob.size());
    for (const auto& [offset, count] : std::initializer_list<std::pair<std::size_t, std::size_t>>{
             {0, blob.size()}, {kMebibyte - 1, 2}, {2 * kMebibyte - 5, 10}, {2 * kMebibyte, 300}, {blob.size(), 0}}) {
        const auto read = this->store().read_draft(named(1), offset, count);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(std::ranges::equal(*read, all.subspan(offset, count))) << offset;
    }
    EXPECT_EQ(this->store().read_draft(named(1), blob.size(), 1).error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(*this->store().has(named(1)));
    EXPECT_THAT(*this->store().names(), testing::IsEmpty());
    EXPECT_THAT(*this->store().drafts(), testing::ElementsAre(named(1)));
    ASSERT_TRUE(this->store().finish(named(1)));
    ASSERT_TRUE(this->store().finish(named(1))) << "it is the blob already";
    EXPECT_TRUE(*this->store().get(named(1)) == blob);
    EXPECT_TRUE(*this->store().read_draft(named(1), 0, blob.size()) == blob);
    EXPECT_EQ(*this->store().drafted(named(1)), 0U);
    EXPECT_THAT(*this->store().drafts(), testing::IsEmpty());
    EXPECT_THAT(*this->store().names(), testing::ElementsAre(named(1)));
}

TYPED_TEST(BlobStoreTest, TakesNoPieceBehindAHoleAndNoneTwice) {
    const Bytes blob = blob_of(kMebibyte + 10);
    const ByteView all(blob);
    EXPECT_EQ(this->store().append(named(1), 1, all.first(5)).error().code, ErrorCode::InvalidInput);
    ASSERT_TRUE(this->store().append(named(1), 0, all.first(kMebibyte - 5)));
    EXPECT_EQ(this->store().append(named(1), kMebibyte, all.first(5)).error().code, ErrorCode::InvalidInput);
    const Bytes other(50, std::byte{7});
    ASSERT_TRUE(this->store().append(named(1), 10, other)) << "all of it is there already";
    ASSERT_TRUE(this->store().append(named(1), kMebibyte - 20, all.subspan(kMebibyte - 20)));
    EXPECT_TRUE(*this->store().read_draft(named(1), 0, blob.size()) == blob);
}

TYPED_TEST(BlobStoreTest, ForgetsADroppedDraft) {
    ASSERT_TRUE(this->store().append(named(1), 0, blob_of(2 * kMebibyte + 5)));
    ASSERT_TRUE(this->store().read_draft(named(1), 0, 10));
    ASSERT_TRUE(this->store().drop(named(1)));
    ASSERT_TRUE(this->store().drop(named(1)));
    EXPECT_EQ(*this->store().drafted(named(1)), 0U);
    EXPECT_EQ(this->store().read_draft(named(1), 0, 1).error().code, ErrorCode::NotFound);
    EXPECT_EQ(this->store().finish(named(1)).error().code, ErrorCode::NotFound);
    const Bytes other(2 * kMebibyte, std::byte{7});
    ASSERT_TRUE(this->store().append(named(1), 0, other));
    ASSERT_TRUE(this->store().finish(named(1)));
    EXPECT_TRUE(*this->store().get(named(1)) == other);
}

TYPED_TEST(BlobStoreTest, LeavesABlobAloneWhateverIsDraftedUnderItsName) {
    ASSERT_TRUE(this->store().put(named(1), blob_of(5000)));
    ASSERT_TRUE(this->store().append(named(1), 0, Bytes(10)));
    ASSERT_TRUE(this->store().append(named(1), 10, Bytes(10)));
    EXPECT_EQ(*this->store().drafted(named(1)), 0U);
    ASSERT_TRUE(this->store().drop(named(1)));
    EXPECT_TRUE(*this->store().get(named(1)) == blob_of(5000));
}

TYPED_TEST(BlobStoreTest, KeepsManyDraftsApart) {
    constexpr int kDrafts = 80;  // more than have their ends in memory
    const auto piece = [](int draft, std::size_t size) { return Bytes(size, static_cast<std::byte>(draft)); };
    for (std::uint64_t at = 0; at < 3000; at += 1000)
        for (int draft = 0; draft < kDrafts; ++draft)
            ASSERT_TRUE(this->store().append(named(draft), at, piece(draft, 1000)));
    EXPECT_THAT(*this->store().drafts(), testing::SizeIs(kDrafts));
    for (int draft = 0; draft < kDrafts; ++draft) {
        EXPECT_TRUE(*this->store().read_draft(named(draft), 500, 2500) == piece(draft, 2500));
        ASSERT_TRUE(this->store().finish(named(draft)));
        EXPECT_TRUE(*this->store().get(named(draft)) == piece(draft, 3000));
    }
}

TEST(RocksBlobStore, KeepsTheDraftsOfAProcessThatEnds) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(kMebibyte + 10);
    ASSERT_TRUE((*RocksBlobStore::open(folder / "blobs"))->append(named(1), 0, ByteView(blob).first(kMebibyte + 3)));
    const auto store = RocksBlobStore::open(folder / "blobs");
    EXPECT_THAT(*(*store)->drafts(), testing::ElementsAre(named(1)));
    EXPECT_EQ(*(*store)->drafted(named(1)), kMebibyte + 3);
    ASSERT_TRUE((*store)->append(named(1), kMebibyte + 3, ByteView(blob).last(7)));
    ASSERT_TRUE((*store)->finish(named(1)));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
}

TEST(RocksBlobStore, KeepsTheBeginningOfADraftWhenTheProcessIsKilled) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(3 * kMebibyte + 10);
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = RocksBlobStore::open(folder / "blobs");
        if (store && (*store)->append(named(1), 0, blob)) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto store = RocksBlobStore::open(folder / "blobs");
    ASSERT_TRUE(store) << store.error().message;
    const std::uint64_t left = *(*store)->drafted(named(1));
    EXPECT_EQ(left, 3 * kMebibyte);
    ASSERT_TRUE((*store)->append(named(1), left, ByteView(blob).subspan(left)));
    ASSERT_TRUE((*store)->finish(named(1)));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
}

TEST(RocksBlobStore, GivesTheSpaceOfDroppedDraftsBack) {
    TemporaryFolder folder;
    const auto store = RocksBlobStore::open(folder / "blobs");
    for (int i = 0; i < 16; ++i) {
        ASSERT_TRUE((*store)->append(named(i), 0, blob_of(2 * kMebibyte)));
        ASSERT_TRUE((*store)->drop(named(i)));
    }
    EXPECT_EQ((*store)->dropped_bytes(), 32 * kMebibyte);
    ASSERT_TRUE((*store)->reclaim());
    EXPECT_EQ((*store)->dropped_bytes(), 0U);
    std::uintmax_t on_disk = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "blobs"))
        if (entry.is_regular_file()) on_disk += entry.file_size();
    EXPECT_LT(on_disk, 16 * kMebibyte);
}

TEST(RocksBlobStore, PutsALargeBlobPieceByPiece) {
    TemporaryFolder folder;
    const auto store = RocksBlobStore::open(folder / "blobs");
    const Bytes blob = blob_of(9 * kMebibyte + 10);
    ASSERT_TRUE((*store)->put(named(1), blob));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
    EXPECT_THAT(*(*store)->drafts(), testing::IsEmpty());
}

TEST(RocksBlobStore, KeepsWhatItAcknowledgedWhenTheProcessIsKilled) {
    TemporaryFolder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = RocksBlobStore::open(folder / "blobs");
        const bool kept =
            store && (*store)->put(named(1), blob_of(3 * kMebibyte)) && (*store)->put(named(2), blob_of(7));
        if (kept) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto store = RocksBlobStore::open(folder / "blobs");
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE(*(*store)->get(named(1)) == blob_of(3 * kMebibyte));
    EXPECT_TRUE(*(*store)->get(named(2)) == blob_of(7));
}

TEST(RocksBlobStore, RefusesAFolderThatIsInUse) {
    TemporaryFolder folder;
    const auto first = RocksBlobStore::open(folder / "blobs");
    const auto second = RocksBlobStore::open(folder / "blobs");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(second.error().message, testing::HasSubstr("in use by another process"));
}

TEST(RocksBlobStore, KeepsItsFolderToThisUserAlone) {
    TemporaryFolder folder;
    const auto store = RocksBlobStore::open(folder / "blobs");
    struct stat status {};
    ASSERT_EQ(::stat((folder / "blobs").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(RocksBlobStore, GivesTheSpaceOfErasedBlobsBack) {
    TemporaryFolder folder;
    const auto store = RocksBlobStore::open(folder / "blobs");
    for (int i = 0; i < 16; ++i)
        ASSERT_TRUE((*store)->put(named(i), blob_of(2 * kMebibyte)));
    for (int i = 1; i < 16; ++i)
        ASSERT_TRUE((*store)->erase(named(i)));
    ASSERT_TRUE((*store)->reclaim());
    std::uintmax_t on_disk = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "blobs")) {
        if (entry.is_regular_file()) on_disk += entry.file_size();
    }
    EXPECT_LT(on_disk, 16 * kMebibyte);
    EXPECT_TRUE(*(*store)->get(named(0)) == blob_of(2 * kMebibyte));
}

}  // namespace
}  // namespace skerry::storage
