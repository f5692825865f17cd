#include "common/storage/disk_blob_store.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/plumbing/blob_samples.hpp"

namespace skerry::storage {
namespace {

/// Ends this process here, with what it has open.
void killed_if(bool done) {
    if (done) ::kill(::getpid(), SIGKILL);
}

/// Another process does that work, and is killed before it ends.
bool is_killed_after(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        ::_exit(1);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

TEST(DiskBlobStore, KeepsTheDraftsOfAProcessThatEnds) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(kMebibyte + 10);
    ASSERT_TRUE((*DiskBlobStore::open(folder / "blobs"))->append(named(1), 0, ByteView(blob).first(kMebibyte + 3)));
    const auto store = DiskBlobStore::open(folder / "blobs");
    EXPECT_THAT(*(*store)->drafts(), testing::ElementsAre(named(1)));
    EXPECT_EQ(*(*store)->drafted(named(1)), kMebibyte + 3);
    ASSERT_TRUE((*store)->append(named(1), kMebibyte + 3, ByteView(blob).last(7)));
    ASSERT_TRUE((*store)->finish(named(1)));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
}

TEST(DiskBlobStore, KeepsALargeDraftWhenTheProcessIsKilled) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(3 * kMebibyte + 10);
    ASSERT_TRUE(is_killed_after([&] {
        const auto store = DiskBlobStore::open(folder / "blobs");
        killed_if(store && (*store)->append(named(1), 0, blob));
    }));
    const auto store = DiskBlobStore::open(folder / "blobs");
    ASSERT_TRUE(store) << store.error().message;
    const std::uint64_t left = *(*store)->drafted(named(1));
    EXPECT_EQ(left, 3 * kMebibyte + 10);
    ASSERT_TRUE((*store)->finish(named(1)));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
}

/// Of a store that nobody has open: RocksDB removes files in the background.
std::uintmax_t bytes_in(const std::filesystem::path& folder) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

TEST(DiskBlobStore, GivesTheSpaceOfDroppedDraftsBack) {
    TemporaryFolder folder;
    auto store = DiskBlobStore::open(folder / "blobs");
    constexpr std::size_t kSmall = 200 << 10;
    for (int i = 0; i < 80; ++i) {
        ASSERT_TRUE((*store)->append(named(i), 0, blob_of(kSmall)));
        ASSERT_TRUE((*store)->append(named(i + 100), 0, blob_of(2 * kMebibyte)));
        EXPECT_THAT(*(*store)->drafts(), testing::SizeIs(2)) << "and all are written";
        ASSERT_TRUE((*store)->drop(named(i)));
        ASSERT_TRUE((*store)->drop(named(i + 100)));
    }
    EXPECT_EQ((*store)->dropped_bytes(), 80 * kSmall) << "what is large has given its space back";
    ASSERT_TRUE((*store)->append(named(1), 0, blob_of(kSmall)));
    ASSERT_TRUE((*store)->drop(named(1)));
    EXPECT_EQ((*store)->dropped_bytes(), 80 * kSmall) << "this one was never written";
    ASSERT_TRUE((*store)->reclaim());
    EXPECT_EQ((*store)->dropped_bytes(), 0U);
    store->reset();
    EXPECT_LT(bytes_in(folder / "blobs"), 16 * kMebibyte);
}

TEST(DiskBlobStore, PutsEachBlobWhereItsSizeBelongs) {
    TemporaryFolder folder;
    const auto store = DiskBlobStore::open(folder / "blobs");
    ASSERT_TRUE((*store)->put(named(1), blob_of(DiskBlobStore::kLargeBytes - 1)));
    ASSERT_TRUE((*store)->put(named(2), blob_of(DiskBlobStore::kLargeBytes)));
    EXPECT_FALSE(std::filesystem::exists(folder / "blobs/large" / to_hex(named(1))));
    EXPECT_TRUE(std::filesystem::exists(folder / "blobs/large" / to_hex(named(2))));
}

TEST(DiskBlobStore, GoesOnWithADraftThatACrashLeftInBothPlaces) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(kMebibyte + 10);
    ASSERT_TRUE((*RocksBlobStore::open(folder / "blobs"))->append(named(1), 0, ByteView(blob).first(1000)));
    ASSERT_TRUE((*FileBlobStore::open(folder / "blobs/large"))->append(named(1), 0, ByteView(blob).first(kMebibyte)));
    {
        const auto store = DiskBlobStore::open(folder / "blobs");
        EXPECT_THAT(*(*store)->drafts(), testing::ElementsAre(named(1)));
        EXPECT_EQ(*(*store)->drafted(named(1)), kMebibyte);
        ASSERT_TRUE((*store)->append(named(1), kMebibyte, ByteView(blob).last(10)));
        ASSERT_TRUE((*store)->finish(named(1)));
        EXPECT_TRUE(*(*store)->read_unchecked(named(1), 5, blob.size() - 5) == Bytes(blob.begin() + 5, blob.end()));
    }
    const auto store = DiskBlobStore::open(folder / "blobs");
    EXPECT_THAT(*(*store)->drafts(), testing::IsEmpty());
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
}

TEST(DiskBlobStore, LeavesABlobAloneThatACrashLeftBesideItsDraft) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(kMebibyte + 10);
    ASSERT_TRUE((*FileBlobStore::open(folder / "large"))->append(named(1), 0, ByteView(blob).first(500000)));
    ASSERT_TRUE((*FileBlobStore::open(folder / "other"))->put(named(1), blob));
    std::filesystem::rename(folder / "other" / to_hex(named(1)), folder / "large" / to_hex(named(1)));
    const auto store = FileBlobStore::open(folder / "large");
    ASSERT_TRUE((*store)->finish(named(1)));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
    EXPECT_THAT(*(*store)->drafts(), testing::IsEmpty());
}

TEST(DiskBlobStore, SaysThatTwoPartsOfABlobWereExchanged) {
    TemporaryFolder folder;
    const auto store = FileBlobStore::open(folder / "large");
    Bytes blob = blob_of(kMebibyte);
    blob.resize(2 * kMebibyte, std::byte{7});
    ASSERT_TRUE((*store)->put(named(1), blob));
    std::fstream file(folder / "large" / to_hex(named(1)), std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes(2 * kMebibyte + 16, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.seekp(0);
    file << bytes.substr(kMebibyte + 8) << bytes.substr(0, kMebibyte + 8);
    file.close();
    EXPECT_EQ((*store)->get(named(1)).error().code, ErrorCode::Unavailable);
}

TEST(DiskBlobStore, FindsALargeBlobThatAProgramBeforeThisOneLeftInRocksDb) {
    TemporaryFolder folder;
    const Bytes blob = blob_of(3 * kMebibyte + 17);
    ASSERT_TRUE((*RocksBlobStore::open(folder / "blobs"))->put(named(1), blob));
    const auto store = DiskBlobStore::open(folder / "blobs");
    ASSERT_TRUE((*store)->put(named(1), blob)) << "and leaves it there";
    EXPECT_THAT(*(*store)->names(), testing::ElementsAre(named(1)));
    EXPECT_TRUE(*(*store)->get(named(1)) == blob);
    ASSERT_TRUE((*store)->erase(named(1)));
    EXPECT_FALSE(*(*store)->has(named(1)));
}

TEST(DiskBlobStore, SaysThatTheDiskHasChangedABlobWhereverItHas) {
    for (const std::uintmax_t at : {std::uintmax_t{0}, std::uintmax_t{kMebibyte + 5}, std::uintmax_t{2 * kMebibyte}}) {
        TemporaryFolder folder;
        const auto store = DiskBlobStore::open(folder / "blobs");
        ASSERT_TRUE((*store)->put(named(1), blob_of(2 * kMebibyte + 100)));
        std::fstream file(folder / "blobs/large" / to_hex(named(1)), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(at));
        const int byte = file.get();
        file.seekp(static_cast<std::streamoff>(at));
        file.put(static_cast<char>(byte ^ 1));
        file.close();
        const auto read = (*store)->get(named(1));
        ASSERT_FALSE(read) << at;
        EXPECT_EQ(read.error().code, ErrorCode::Unavailable);
        EXPECT_THAT(read.error().message, testing::HasSubstr("is damaged: restore it from a backup"));
    }
}

TEST(DiskBlobStore, SaysThatAFileWasCutOff) {
    TemporaryFolder folder;
    const auto store = DiskBlobStore::open(folder / "blobs");
    ASSERT_TRUE((*store)->put(named(1), blob_of(2 * kMebibyte + 100)));
    const std::filesystem::path file = folder / "blobs/large" / to_hex(named(1));
    for (const std::uintmax_t size : {2 * kMebibyte + 115, 2 * kMebibyte + 50, 2 * kMebibyte + 18}) {
        std::filesystem::resize_file(file, size);
        EXPECT_EQ((*store)->get(named(1)).error().code, ErrorCode::Unavailable) << size;
    }
}

TEST(DiskBlobStore, KeepsWhatItAcknowledgedWhenTheProcessIsKilled) {
    TemporaryFolder folder;
    ASSERT_TRUE(is_killed_after([&] {
        const auto store = DiskBlobStore::open(folder / "blobs");
        killed_if(store && (*store)->put(named(1), blob_of(3 * kMebibyte)) && (*store)->put(named(2), blob_of(7)));
    }));
    const auto store = DiskBlobStore::open(folder / "blobs");
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_TRUE(*(*store)->get(named(1)) == blob_of(3 * kMebibyte));
    EXPECT_TRUE(*(*store)->get(named(2)) == blob_of(7));
}

TEST(DiskBlobStore, RefusesAFolderThatIsInUse) {
    TemporaryFolder folder;
    const auto first = DiskBlobStore::open(folder / "blobs");
    const auto second = DiskBlobStore::open(folder / "blobs");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(second.error().message, testing::HasSubstr("in use by another process"));
}

TEST(DiskBlobStore, KeepsItsFolderToThisUserAlone) {
    TemporaryFolder folder;
    const auto store = DiskBlobStore::open(folder / "blobs");
    struct stat status {};
    ASSERT_EQ(::stat((folder / "blobs").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(DiskBlobStore, GivesTheSpaceOfErasedBlobsBack) {
    TemporaryFolder folder;
    auto store = DiskBlobStore::open(folder / "blobs");
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE((*store)->put(named(i), blob_of(i % 10 == 0 ? 2 * kMebibyte : 200 << 10)));
    for (int i = 1; i < 100; ++i)
        ASSERT_TRUE((*store)->erase(named(i)));
    ASSERT_TRUE((*store)->reclaim());
    store->reset();
    EXPECT_LT(bytes_in(folder / "blobs"), 16 * kMebibyte);
    EXPECT_TRUE(*(*DiskBlobStore::open(folder / "blobs"))->get(named(0)) == blob_of(2 * kMebibyte));
}

}  // namespace
}  // namespace skerry::storage
