#include "common/storage/blob_store.hpp"

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/storage/disk_blob_store.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/plumbing/blob_samples.hpp"

namespace skerry::storage {
namespace {

class Memory {
public:
    BlobStore& store() { return store_; }

private:
    MemoryBlobStore store_;
};

template <class Store>
class OnDisk {
public:
    BlobStore& store() { return *store_; }

private:
    TemporaryFolder folder_;
    std::unique_ptr<Store> store_ = *Store::open(folder_ / "blobs");
};

template <class Kind>
class BlobStoreTest : public testing::Test {
protected:
    BlobStore& store() { return kind_.store(); }

private:
    Kind kind_;
};

using Kinds = testing::Types<Memory, OnDisk<FileBlobStore>, OnDisk<DiskBlobStore>>;
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

}  // namespace
}  // namespace skerry::storage
