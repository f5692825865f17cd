#include "tests/simulation/faulty_disk.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

#include "common/storage/sqlite.hpp"

// Goal: what storage::Database promises, on a disk that fails and loses power at each of its calls.
namespace skerry::simulation {
namespace {

using Fault = FaultyDisk::Fault;
using storage::Database;

constexpr std::array<const char*, 1> kSchema = {"CREATE TABLE t (number INTEGER PRIMARY KEY, text TEXT NOT NULL)"};
constexpr std::array kFaults = {Fault::ReadFails, Fault::WriteFails, Fault::NoRoom, Fault::SyncFails,
                                Fault::ProcessDies};
constexpr std::size_t kSector = 512;

Result<Database> open(FaultyDisk& disk) {
    Database database = SKERRY_TRY(Database::open("test.db", {.vfs = disk.vfs()}));
    SKERRY_TRY(database.migrate(kSchema));
    SKERRY_TRY(database.run_script("PRAGMA wal_autocheckpoint = 8"));
    return database;
}

// Three rows, over several pages: all or none.
Result<> add(Database& database, std::int64_t first) {
    auto transaction = SKERRY_TRY(storage::Transaction::begin(database));
    for (std::int64_t number = first; number < first + 3; ++number)
        SKERRY_TRY(database.run("INSERT INTO t VALUES (?, ?)", number, std::string(3000, 'x')));
    return transaction.commit();
}

Result<std::int64_t> count(Database& database) {
    auto row = SKERRY_TRY(database.prepare("SELECT count(*) FROM t"));
    SKERRY_TRY(row.step());
    return row.int64(0);
}

TEST(FaultyFile, ShowsAWriteAtOnceAndKeepsItWhenItIsSynced) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Dice dice(seed);
        FaultyFile file;
        file.write(0, Bytes(3000, std::byte{1}));
        EXPECT_EQ(file.bytes().size(), 3000U);
        file.sync();
        file.truncate(100);
        file.sync();
        file.cut_power(dice, kSector);
        EXPECT_EQ(file.bytes(), Bytes(100, std::byte{1}));
    }
}

TEST(FaultyFile, LosesSectorsOfWhatIsNotSynced) {
    std::set<std::vector<int>> outcomes;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Dice dice(seed);
        FaultyFile file;
        file.write(0, Bytes(4 * kSector, std::byte{1}));
        file.sync();
        file.write(kSector / 2, Bytes(2 * kSector, std::byte{2}));
        file.cut_power(dice, kSector);
        ASSERT_EQ(file.bytes().size(), 4 * kSector);
        EXPECT_EQ(file.bytes()[kSector / 2 - 1], std::byte{1}) << "beside what was written, nothing changes";
        std::vector<int> sectors;
        for (std::size_t sector = 0; sector < 3; ++sector)
            sectors.push_back(std::to_integer<int>(file.bytes()[sector * kSector + (sector == 0 ? kSector / 2 : 0)]));
        outcomes.insert(sectors);
    }
    EXPECT_EQ(outcomes.size(), 8U) << "each of three sectors is the old or the new one";
}

TEST(FaultyFile, BelievesInAFlushThatHasFailed) {
    bool lost = false;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Dice dice(seed);
        FaultyFile file;
        file.write(0, Bytes(10, std::byte{1}));
        file.fail_sync(dice, kSector);
        EXPECT_EQ(file.bytes().size(), 10U) << "it is seen";
        file.sync();
        file.cut_power(dice, kSector);
        lost = lost || file.bytes().empty();
    }
    EXPECT_TRUE(lost) << "and no later sync brings it to the disk";
}

// One fault at each call of a transaction, then the process or the machine dies.
class DatabaseOn : public ::testing::TestWithParam<Fault> {};

TEST_P(DatabaseOn, AFaultyDiskKeepsWhatWasCommittedAndNoHalves) {
    std::uint64_t happened = 0;
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
        SCOPED_TRACE(seed);
        FaultyDisk disk{Dice(seed)};
        std::int64_t committed = 0;
        {
            auto database = open(disk);
            ASSERT_TRUE(database) << database.error().message;
            while (committed < static_cast<std::int64_t>(seed % 7) * 3) {
                ASSERT_TRUE(add(*database, committed));
                committed += 3;
            }
            disk.arm(GetParam(), GetParam() == Fault::SyncFails ? seed % 3 : seed / 7 % 30);
            const auto added = add(*database, committed);
            happened += disk.disarm() ? 1U : 0U;
            EXPECT_TRUE(added || added.error().code == ErrorCode::Unavailable) << added.error().message;
            if (added) committed += 3;
            disk.kill();
        }
        if (seed % 2 == 0) disk.cut_power();
        auto again = open(disk);
        ASSERT_TRUE(again) << again.error().message;
        const auto found = count(*again);
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_TRUE(*found == committed || *found == committed + 3) << *found << " rows, not " << committed;
    }
    EXPECT_GT(happened, GetParam() == Fault::ReadFails ? 0U : 100U);
}

INSTANTIATE_TEST_SUITE_P(Each, DatabaseOn, ::testing::ValuesIn(kFaults));

TEST(DatabaseOnFaultyDisk, KeepsWhatAProcessHasReadAfterOneThatDidNotLiveToFlushIt) {
    std::uint64_t read_unflushed = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SCOPED_TRACE(seed);
        FaultyDisk disk{Dice(seed)};
        {
            auto database = open(disk);
            ASSERT_TRUE(database && add(*database, 0));
            disk.arm(seed % 2 == 0 ? Fault::SyncFails : Fault::ProcessDies, seed % 2 == 0 ? 0 : seed % 20);
            (void)add(*database, 3);
            disk.kill();
        }
        std::int64_t known = 0;
        {
            auto database = open(disk);
            ASSERT_TRUE(database);
            known = *count(*database);
            read_unflushed += known == 6 ? 1U : 0U;
            disk.kill();
        }
        disk.cut_power();
        auto database = open(disk);
        ASSERT_TRUE(database) << database.error().message;
        EXPECT_EQ(*count(*database), known);
    }
    EXPECT_GT(read_unflushed, 50U);
}

TEST(DatabaseOnFaultyDisk, IsWholeAfterAConnectionThatReadAndClosedOverALogThatWasNotFlushed) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        FaultyDisk disk{Dice(seed)};
        {
            auto database = open(disk);
            ASSERT_TRUE(database && add(*database, 0) && add(*database, 3));
            ASSERT_TRUE(database->run_script("PRAGMA wal_checkpoint(TRUNCATE)"));
            // Of the pages that the next one writes, the log has only some before it.
            ASSERT_TRUE(database->run("UPDATE t SET text = upper(text) WHERE number = 5"));
            disk.arm(Fault::SyncFails, 0);
            ASSERT_FALSE(database->run("UPDATE t SET text = replace(lower(text), 'x', 'y')"));
            disk.kill();
        }
        {
            auto reader = Database::open("test.db", {.vfs = disk.vfs()});
            ASSERT_TRUE(reader && count(*reader));
        }
        disk.cut_power();
        auto database = open(disk);
        ASSERT_TRUE(database) << database.error().message;
        auto changed = database->prepare("SELECT count(*) FROM t WHERE text LIKE 'y%'");
        ASSERT_TRUE(changed && *changed->step());
        EXPECT_TRUE(changed->int64(0) == 0 || changed->int64(0) == 6) << changed->int64(0) << " of 6 rows changed";
    }
}

TEST(DatabaseOnFaultyDisk, DoesNotBringBackWhatHadFailedWithALogThatWasRemoved) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        FaultyDisk disk{Dice(seed)};
        {
            auto database = open(disk);
            ASSERT_TRUE(database && add(*database, 0));
            disk.arm(Fault::SyncFails, 0);
            ASSERT_FALSE(add(*database, 3));
        }
        std::int64_t known = 0;
        {
            auto database = open(disk);
            ASSERT_TRUE(database);
            known = *count(*database);
            disk.kill();
        }
        disk.cut_power();
        auto database = open(disk);
        ASSERT_TRUE(database) << database.error().message;
        EXPECT_EQ(*count(*database), known);
    }
}

TEST(DatabaseOnFaultyDisk, GoesOnWhenThereIsRoomAgain) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SCOPED_TRACE(seed);
        FaultyDisk disk{Dice(seed)};
        std::int64_t committed = 0;
        {
            auto database = open(disk);
            ASSERT_TRUE(database && add(*database, 0));
            disk.arm(Fault::NoRoom, seed % 12);
            const auto added = add(*database, 3);
            EXPECT_EQ(!added, disk.disarm() && database->disk_full());
            ASSERT_TRUE(added || add(*database, 3));
            ASSERT_TRUE(add(*database, 6));
            committed = 9;
            disk.kill();
        }
        disk.cut_power();
        auto database = open(disk);
        ASSERT_TRUE(database) << database.error().message;
        EXPECT_EQ(*count(*database), committed);
    }
}

}  // namespace
}  // namespace skerry::simulation
