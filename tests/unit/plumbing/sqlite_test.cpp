#include "common/storage/sqlite.hpp"

#include <fstream>
#include <limits>
#include <optional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace skerry::storage {
namespace {

using testing::HasSubstr;

class SqliteTest : public testing::Test {
protected:
    Database open(const std::string& name = "test.db") {
        auto database = Database::open(folder_ / name, {.busy_timeout = std::chrono::milliseconds{0}});
        EXPECT_TRUE(database) << database.error().message;
        return std::move(*database);
    }
    static std::int64_t count(Database& database) {
        auto statement = database.prepare("SELECT count(*) FROM t");
        EXPECT_TRUE(statement && *statement->step());
        return statement->int64(0);
    }

    TemporaryFolder folder_;
};

TEST_F(SqliteTest, KeepsItsFilesToThisUserAlone) {
    Database database = open();
    ASSERT_TRUE(database.run_script("CREATE TABLE t (a)"));
    for (const char* name : {"test.db", "test.db-wal", "test.db-shm"}) {
        struct stat status {};
        ASSERT_EQ(::stat((folder_ / name).c_str(), &status), 0) << name;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
    }
}

TEST_F(SqliteTest, ReadsBackEveryKindOfValue) {
    Database database = open(":memory:");
    const Bytes blob = {std::byte{0}, std::byte{255}};
    const NodeId node{{std::byte{7}}};
    ASSERT_TRUE(database.run_script("CREATE TABLE t (a, b, c, d, e, f, g, h, i)"));
    ASSERT_TRUE(database.run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", -5,
                             std::numeric_limits<std::uint64_t>::max(), 0.25, "it's", blob, nullptr, node,
                             std::optional<int>(), Bytes{}));
    Statement row = *database.prepare("SELECT * FROM t");
    ASSERT_TRUE(*row.step());
    EXPECT_EQ(row.int64(0), -5);
    EXPECT_EQ(row.uint64(1), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(row.number(2), 0.25);
    EXPECT_EQ(row.text(3), "it's");
    EXPECT_EQ(row.blob(4), blob);
    EXPECT_TRUE(row.is_null(5));
    EXPECT_EQ(*row.array<16>(6), node.value);
    EXPECT_TRUE(row.is_null(7));
    EXPECT_FALSE(row.is_null(8));
    EXPECT_TRUE(row.blob(8).empty());
    EXPECT_EQ(row.array<16>(4).error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(*row.step());
}

TEST_F(SqliteTest, HandsOutTheSameTextTwiceAtOnceAndReusesItAfterwards) {
    Database database = open();
    ASSERT_TRUE(database.run_script("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)"));
    for (int again = 0; again < 3; ++again) {
        Statement outer = *database.prepare("SELECT a FROM t ORDER BY a");
        Statement inner = *database.prepare("SELECT a FROM t ORDER BY a");
        ASSERT_TRUE(*outer.step());
        ASSERT_TRUE(*inner.step() && *inner.step());
        EXPECT_EQ(outer.int64(0), 1);
        EXPECT_EQ(inner.int64(0), 2);
    }
}

TEST_F(SqliteTest, RunsOneStatementManyTimes) {
    Database database = open();
    ASSERT_TRUE(database.run_script("CREATE TABLE t (a)"));
    Statement insert = *database.prepare("INSERT INTO t VALUES (?)");
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(insert.bind(i).run());
    EXPECT_EQ(count(database), 10);
    EXPECT_EQ(database.changes(), 1);
    EXPECT_EQ(database.last_insert_rowid(), 10);
}

TEST_F(SqliteTest, ASnapshotIsOneMomentWhateverIsWrittenMeanwhile) {
    Database writer = open();
    ASSERT_TRUE(writer.run_script("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));
    Database reader = open();
    {
        const Snapshot moment = *Snapshot::begin(reader);
        ASSERT_TRUE(writer.run("INSERT INTO t VALUES (2)")) << "nobody waits for it";
        EXPECT_EQ(count(reader), 1);
    }
    EXPECT_EQ(count(reader), 2);
}

TEST_F(SqliteTest, ATransactionThatIsNotCommittedHasNotHappened) {
    Database database = open();
    ASSERT_TRUE(database.run_script("CREATE TABLE t (a)"));
    {
        Transaction transaction = *Transaction::begin(database);
        ASSERT_TRUE(database.run("INSERT INTO t VALUES (1)"));
    }
    EXPECT_EQ(count(database), 0);
    Transaction transaction = *Transaction::begin(database);
    ASSERT_TRUE(database.run("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(transaction.commit());
    EXPECT_EQ(count(database), 1);
}

TEST_F(SqliteTest, WhatIsCommittedSurvivesAKilledProcess) {
    const pid_t child = ::fork();
    if (child == 0) {
        Database database = open();
        static_cast<void>(database.run_script("CREATE TABLE t (a); INSERT INTO t VALUES (1)"));
        Transaction transaction = *Transaction::begin(database);
        static_cast<void>(database.run("INSERT INTO t VALUES (2)"));
        ::_exit(0);  // no destructor, no rollback, no checkpoint
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    Database database = open();
    EXPECT_EQ(count(database), 1);
}

TEST_F(SqliteTest, AViolatedConstraintIsAConflict) {
    Database database = open();
    ASSERT_TRUE(database.run_script("CREATE TABLE t (a PRIMARY KEY); CREATE TABLE u (a REFERENCES t (a))"));
    ASSERT_TRUE(database.run("INSERT INTO t VALUES (?)", 1));
    EXPECT_EQ(database.run("INSERT INTO t VALUES (?)", 1).error().code, ErrorCode::Conflict);
    EXPECT_EQ(database.run("INSERT INTO u VALUES (?)", 9).error().code, ErrorCode::Conflict);
    EXPECT_TRUE(database.run("INSERT INTO t VALUES (?)", 2));
}

TEST_F(SqliteTest, EachKindOfTroubleHasItsOwnSentence) {
    Database first = open();
    ASSERT_TRUE(first.run_script("CREATE TABLE t (a)"));
    {
        Transaction transaction = *Transaction::begin(first);
        Database second = open();
        const auto locked = Transaction::begin(second);
        EXPECT_EQ(locked.error().code, ErrorCode::Unavailable);
        EXPECT_THAT(locked.error().message, HasSubstr("locked by another process"));
    }
    ASSERT_TRUE(first.run_script("PRAGMA max_page_count = 4"));
    const auto full = first.run("INSERT INTO t VALUES (?)", Bytes(100'000));
    EXPECT_EQ(full.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(full.error().message, HasSubstr("disk is full: free space under"));

    std::ofstream(folder_ / "rubbish.db") << std::string(8192, 'x');
    const auto damaged = Database::open(folder_ / "rubbish.db");
    EXPECT_EQ(damaged.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(damaged.error().message, HasSubstr("is damaged"));

    const auto missing = Database::open(folder_ / "nowhere" / "a.db");
    EXPECT_EQ(missing.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(missing.error().message, HasSubstr("check that its folder exists"));

    EXPECT_EQ(first.prepare("SELEKT").error().code, ErrorCode::Internal);
}

TEST_F(SqliteTest, MigratesFromAnyEarlierSchemaAndRefusesALaterOne) {
    const std::array<const char*, 2> scripts = {"CREATE TABLE t (a)",
                                                "ALTER TABLE t ADD COLUMN b; CREATE INDEX i ON t (b)"};
    {
        Database database = open();
        ASSERT_TRUE(database.migrate(std::span(scripts).first(1)));
        ASSERT_TRUE(database.run("INSERT INTO t VALUES (1)"));
    }
    Database database = open();
    ASSERT_TRUE(database.migrate(scripts));
    ASSERT_TRUE(database.migrate(scripts));
    ASSERT_TRUE(database.run("INSERT INTO t VALUES (2, 3)"));
    EXPECT_EQ(count(database), 2);
    EXPECT_EQ(database.migrate(std::span(scripts).first(1)).error().code, ErrorCode::VersionMismatch);
}

TEST_F(SqliteTest, AFailedMigrationLeavesTheSchemaAsItWas) {
    const std::array<const char*, 1> broken = {"CREATE TABLE t (a); CREATE TABLE t (a)"};
    const std::array<const char*, 1> repaired = {"CREATE TABLE t (a)"};
    Database database = open();
    EXPECT_FALSE(database.migrate(broken));
    EXPECT_TRUE(database.migrate(repaired));
}

}  // namespace
}  // namespace skerry::storage
