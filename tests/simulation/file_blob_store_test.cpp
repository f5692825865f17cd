#include "common/storage/file_blob_store.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/simulation/faulty_folder.hpp"

// Goal: what storage::FileBlobStore promises, on a disk that fails and loses power at each of its calls.
namespace skerry::simulation {
namespace {

using Fault = FaultyDisk::Fault;
using storage::FileBlobStore;

constexpr std::array kFailures = {Fault::ReadFails, Fault::WriteFails, Fault::NoRoom, Fault::SyncFails,
                                  Fault::ProcessDies};
constexpr std::array<std::size_t, 5> kSizes = {700, storage::kBlockBytes - 1, storage::kBlockBytes,
                                               storage::kBlockBytes + 8, 2 * storage::kBlockBytes + 300};

/// A machine with some blobs that come and go, and what its owner may count on.
class Machine {
public:
    explicit Machine(std::uint64_t seed) : dice_(seed), disk_(dice_.fork()) {
        for (std::size_t i = 0; i < kSizes.size(); ++i) {
            Digest name{};
            name[0] = static_cast<std::byte>(i + 1);
            Bytes blob(kSizes[i]);
            for (std::size_t at = 0; at < blob.size(); ++at)
                blob[at] = static_cast<std::byte>(at / 512 * 31 + at + i);
            blobs_[name] = std::move(blob);
        }
    }

    void start() {
        auto opened = FileBlobStore::open("blobs", std::make_shared<FaultyFolder>(disk_));
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = std::move(*opened);
    }
    void arm(Fault fault) { disk_.arm(fault, dice_.below(200)); }
    void crash(bool power) {
        store_.reset();
        disk_.disarm();
        power ? disk_.cut_power() : disk_.kill();
        if (power) erased_.clear();
    }

    /// Works until something fails.
    void work() {
        for (int i = 0; i < 60 && act(); ++i) {
        }
    }

    void check() {
        for (const auto& [name, blob] : blobs_) {
            const auto has = store_->has(name);
            ASSERT_TRUE(has) << has.error().message;
            EXPECT_TRUE(*has || !sure_.contains(name)) << "it was promised to be on the disk";
            EXPECT_FALSE(*has && erased_.contains(name));
            if (*has) {
                const auto there = store_->get(name);
                ASSERT_TRUE(there) << there.error().message;
                EXPECT_TRUE(*there == blob);
            }
            const std::uint64_t drafted = *store_->drafted(name);
            ASSERT_LE(drafted, blob.size());
            const auto draft = drafted == 0 ? Bytes() : store_->read_draft(name, 0, drafted).value();
            EXPECT_TRUE(std::ranges::equal(draft, ByteView(blob).first(drafted)));
        }
    }

private:
    bool act() {
        auto one = std::next(blobs_.begin(), static_cast<std::ptrdiff_t>(dice_.below(blobs_.size())));
        const auto& [name, blob] = *one;
        switch (dice_.below(6)) {
            case 0:
                return settle(name, store_->put(name, blob), true);
            case 1: {
                sure_.erase(name);
                return settle(name, store_->erase(name), false);
            }
            case 2:
                return store_->drop(name).has_value();
            default: {
                const auto drafted = store_->drafted(name);
                if (!drafted) return false;
                if (*drafted == blob.size()) return settle(name, store_->finish(name), true);
                const ByteView rest = ByteView(blob).subspan(*drafted);
                return store_
                    ->append(name, *drafted,
                             rest.first(dice_.chance(0.5) ? rest.size() : dice_.between(0, rest.size())))
                    .has_value();
            }
        }
    }

    bool settle(const Digest& name, const Result<>& done, bool stored) {
        if (!done) {
            erased_.erase(name);
            return false;
        }
        (stored ? sure_ : erased_).insert(name);
        (stored ? erased_ : sure_).erase(name);
        return true;
    }

    Dice dice_;
    FaultyDisk disk_;
    std::unique_ptr<FileBlobStore> store_;
    std::map<Digest, Bytes> blobs_;
    std::set<Digest> sure_, erased_;
};

TEST(FileBlobStoreOnAFaultyDisk, KeepsWhatItPromisedAndShowsNothingTorn) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        SCOPED_TRACE(seed);
        Machine machine(seed);
        Dice dice(~seed);
        machine.start();
        for (int life = 0; life < 4; ++life) {
            machine.arm(kFailures[dice.below(kFailures.size())]);
            machine.work();
            machine.crash(dice.chance(0.5));
            machine.start();
            machine.check();
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(FileBlobStoreOnAFaultyDisk, TakesNoOtherWriteAfterOneThatFailedAndStillReads) {
    FaultyDisk disk(Dice(1));
    const auto store = *FileBlobStore::open("blobs", std::make_shared<FaultyFolder>(disk));
    const Digest kept{std::byte{1}}, other{std::byte{2}};
    ASSERT_TRUE(store->put(kept, Bytes(1000)));
    disk.arm(Fault::NoRoom, 0);
    const auto full = store->put(other, Bytes(1000));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().message, "blobs: the disk is full: free space there and restart");
    EXPECT_EQ(store->put(other, Bytes(1000)).error().message, full.error().message);
    EXPECT_EQ(store->append(other, 0, Bytes(10)).error().message, full.error().message);
    EXPECT_EQ(store->erase(kept).error().message, full.error().message);
    EXPECT_EQ(*store->get(kept), Bytes(1000));
}

TEST(FileBlobStoreOnAFaultyDisk, DoesNotTakeForWrittenWhatAFailedSyncLeftInMemory) {
    FaultyDisk disk(Dice(1));
    const Digest name{std::byte{1}};
    {
        const auto store = *FileBlobStore::open("blobs", std::make_shared<FaultyFolder>(disk));
        ASSERT_TRUE(store->append(name, 0, Bytes(5000, std::byte{1})));
        disk.arm(Fault::SyncFails, 0);
        ASSERT_FALSE(store->finish(name));
        disk.kill();
    }
    const auto store = *FileBlobStore::open("blobs", std::make_shared<FaultyFolder>(disk));
    EXPECT_EQ(*store->drafted(name), 0U);
}

/// Of a file system that a failure has made read-only.
class StubbornFolder final : public storage::Folder {
public:
    explicit StubbornFolder(FaultyDisk& disk) : inner_(disk) {}
    int write(const std::string& name, std::span<const ByteView> parts) override { return inner_.write(name, parts); }
    int append(const std::string& name, std::uint64_t offset, std::span<const ByteView> parts) override {
        return inner_.append(name, offset, parts);
    }
    int sync(const std::string& name) override { return inner_.sync(name); }
    int rename(const std::string& from, const std::string& to) override { return inner_.rename(from, to); }
    int remove(const std::string&) override { return EROFS; }
    int sync() override { return inner_.sync(); }
    Size size(const std::string& name) const override { return inner_.size(name); }
    Size read(const std::string& name, std::uint64_t offset, std::span<std::byte> into) const override {
        return inner_.read(name, offset, into);
    }
    int cut(const std::string& name, std::uint64_t bytes) override { return inner_.cut(name, bytes); }
    Names names() const override { return inner_.names(); }

private:
    FaultyFolder inner_;
};

TEST(FileBlobStoreOnAFaultyDisk, BringsToTheDiskWhatTheKernelBelievesIsThere) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        FaultyDisk disk{Dice(seed)};
        const Digest name{std::byte{1}};
        const Bytes blob(5000, std::byte{1});
        {
            const auto store = *FileBlobStore::open("blobs", std::make_shared<StubbornFolder>(disk));
            ASSERT_TRUE(store->append(name, 0, blob));
            disk.arm(Fault::SyncFails, 0);
            ASSERT_FALSE(store->finish(name));
            disk.kill();
        }
        {
            const auto store = *FileBlobStore::open("blobs", std::make_shared<FaultyFolder>(disk));
            ASSERT_EQ(*store->drafted(name), blob.size());
            ASSERT_TRUE(store->finish(name));
            disk.cut_power();
        }
        const auto store = *FileBlobStore::open("blobs", std::make_shared<FaultyFolder>(disk));
        const auto there = store->get(name);
        ASSERT_TRUE(there) << seed << ": " << there.error().message;
        EXPECT_EQ(*there, blob) << seed;
    }
}

}  // namespace
}  // namespace skerry::simulation
