#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>

#include "coordinator/service/repair.hpp"
#include "tests/unit/coordinator/lived_fixture.hpp"

// What 'skerry-coordinator repair' says and does on a directory that something has happened to.
namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RepairTest : public LivedTest {};

TEST_F(RepairTest, FindsNothingWrongWithASoundDirectory) {
    live_a_little();
    const auto repaired = repair(directory_);
    ASSERT_TRUE(repaired) << repaired.error().message;
    EXPECT_GT(repaired->entries, 8U);
    EXPECT_EQ(repaired->blobs, 2U + 3U) << "two versions and three updates";
    EXPECT_THAT(repaired->problems, IsEmpty());
    start();
    EXPECT_EQ(service_->federation().newest().version, ModelVersion{2});
}

TEST_F(RepairTest, MakesTheTablesAnewFromTheJournal) {
    live_a_little();
    with_history("DELETE FROM updates");
    with_history("UPDATE totals SET accepted = 77");
    with_history("UPDATE rounds SET state = 'open'");
    ASSERT_TRUE(repair(directory_));
    start();
    const json round = data("GET", "/v1/rounds/1");
    EXPECT_EQ(round["state"], "published");
    EXPECT_THAT(round["contributors"], SizeIs(2));
    EXPECT_EQ(data("GET", "/v1/status")["updates"]["accepted"], 3);
}

TEST_F(RepairTest, NamesEveryBlobThatIsMissingOrDamaged) {
    live_a_little();
    with_blobs([this](storage::BlobStore& blobs) {
        Bytes altered = *blobs.get(newest_);
        altered[5] ^= std::byte{1};
        ASSERT_TRUE(blobs.erase(waiting_) && blobs.erase(newest_) && blobs.put(newest_, altered));
    });
    auto repaired = repair(directory_);
    ASSERT_TRUE(repaired) << repaired.error().message;
    ASSERT_THAT(repaired->problems, SizeIs(2));
    std::sort(repaired->problems.begin(), repaired->problems.end());
    EXPECT_THAT(repaired->problems[0], HasSubstr("the weights of version 2 (" + to_hex(newest_) + ") is damaged"));
    EXPECT_THAT(repaired->problems[1], HasSubstr("update 2 of node "));
    EXPECT_THAT(repaired->problems[1],
                HasSubstr("(" + to_hex(waiting_) + ") is missing: restore blobs/ from a backup"));
}

TEST_F(RepairTest, NamesTheJournalsFirstBadEntryAndTouchesNothing) {
    live_a_little();
    with_history("UPDATE journal SET body = X'0011' WHERE version = 4");
    with_history("UPDATE totals SET accepted = 77");
    const auto repaired = repair(directory_);
    ASSERT_FALSE(repaired);
    EXPECT_EQ(repaired.error().code, ErrorCode::Internal);
    EXPECT_THAT(repaired.error().message, HasSubstr("journal entry 4 is missing or was changed: restore history.db"));
    auto journal = *ledger::SqliteJournal::open(directory_.history());
    auto totals = *journal.database().prepare("SELECT max(accepted) FROM totals");
    ASSERT_TRUE(*totals.bind().step());
    EXPECT_EQ(totals.uint64(0), 77U);
}

TEST_F(RepairTest, AsksForAHistoryThatIsMissingOrNoDatabase) {
    live_a_little();
    std::filesystem::remove(directory_.history().string() + "-wal");
    std::ofstream(directory_.history(), std::ios::trunc) << std::string(10'000, 'x');
    const auto damaged = repair(directory_);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(damaged.error().message, HasSubstr("restore it from a backup"));
    std::filesystem::remove(directory_.history());
    const auto missing = repair(directory_);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, HasSubstr("missing or damaged"));
}

TEST_F(RepairTest, LeavesADirectoryAloneOnWhichACoordinatorRuns) {
    const auto repaired = repair(directory_);
    ASSERT_FALSE(repaired);
    EXPECT_EQ(repaired.error().code, ErrorCode::Conflict);
}

TEST_F(RepairTest, IsWhatAStartWithoutItsWeightsAsksFor) {
    live_a_little();
    with_blobs([this](storage::BlobStore& blobs) { ASSERT_TRUE(blobs.erase(newest_)); });
    const auto started = Service::start(loop_, directory_, config_);
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("skerry-coordinator repair"));
}

}  // namespace
}  // namespace skerry::coordinator
