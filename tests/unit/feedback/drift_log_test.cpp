#include "feedback/drift_log.hpp"

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feedback/label_store.hpp"

namespace skerry::feedback {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const TimePoint kDriftStart{std::chrono::milliseconds(1'700'000'000'000)};

DriftAlarm alarm(std::uint64_t number, std::optional<std::uint32_t> label = {}) {
    DriftAlarm made;
    made.number = number;
    made.at = kDriftStart + std::chrono::seconds(number);
    made.label_class = label;
    made.detector = label ? DriftDetector::PageHinkley : DriftDetector::Loss;
    made.before = 0.125;
    made.after = 0.75;
    made.trigger = 40;
    made.global = ModelVersion{7};
    made.local = 3;
    return made;
}

class DriftLogTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "skerry-drift-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        open();
    }
    void TearDown() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }
    void open() {
        store_.reset();
        store_ = *LabelStore::open(folder_ / "labels.db", {});
    }
    Result<> commit(const std::vector<DriftAlarm>& alarms, std::vector<std::uint64_t> consumed = {}) {
        return store_->commit_step({consumed, {}, kDriftStart, {}, alarms});
    }
    std::vector<DriftAlarm> all() { return store_->alarms().list(0, 10'000)->alarms; }

    std::filesystem::path folder_;
    std::unique_ptr<LabelStore> store_;
};

TEST_F(DriftLogTest, KeepsAlarmsOverARestartNewestFirst) {
    ASSERT_TRUE(commit({alarm(1, 7), alarm(2)}));
    open();
    EXPECT_THAT(all(), ElementsAre(alarm(2), alarm(1, 7)));
    EXPECT_THAT(store_->alarms().list(2, 10)->alarms, ElementsAre(alarm(1, 7)));
    EXPECT_EQ(store_->alarms().list(2, 10)->kept, 2U);
}

TEST_F(DriftLogTest, IsPartOfTheStepThatRaisedIt) {
    ASSERT_TRUE(commit({alarm(1)}));
    const auto failed = commit({alarm(2)}, {4711});
    ASSERT_FALSE(failed) << "a row that nobody knows was learned";
    EXPECT_THAT(all(), ElementsAre(alarm(1))) << "its alarm outlived the step";
    ASSERT_TRUE(commit({alarm(2)}));
    EXPECT_THAT(all(), SizeIs(2));
}

TEST_F(DriftLogTest, RefusesANumberThatIsOnRecord) {
    ASSERT_TRUE(commit({alarm(1)}));
    const auto failed = commit({alarm(2), alarm(1, 3)});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Conflict);
    EXPECT_THAT(all(), ElementsAre(alarm(1)));
}

TEST_F(DriftLogTest, ForgetsTheOldestBeyondItsBound) {
    std::vector<DriftAlarm> many;
    for (std::uint64_t number = 1; number <= DriftLog::kRowsMax + 5; ++number)
        many.push_back(alarm(number));
    ASSERT_TRUE(commit(many));
    const auto kept = all();
    ASSERT_THAT(kept, SizeIs(DriftLog::kRowsMax));
    EXPECT_EQ(kept.front().number, DriftLog::kRowsMax + 5);
    EXPECT_EQ(kept.back().number, 6U);
}

}  // namespace
}  // namespace skerry::feedback
