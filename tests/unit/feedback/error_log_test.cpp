#include "feedback/error_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "feedback/label_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::feedback {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

const TimePoint kErrorsStart{std::chrono::milliseconds(1'700'000'000'000)};

ErrorRecord error(std::uint32_t truth, std::uint32_t predicted, Tier tier = Tier::Light, TimePoint at = kErrorsStart) {
    return ErrorRecord{
        0, at, "request", predicted, truth, tier, 0.75F, 0.5F, 0.25F, {ModelVersion{3}, 4}, 0, ErrorType::Unjudged};
}

class ErrorLogTest : public testing::Test {
protected:
    void open(ErrorLogConfig config = {}) {
        store_ = std::move(LabelStore::open(":memory:", {.remembered_ids_max = 10, .errors = config}).value());
    }
    void SetUp() override { open(); }
    void append(const std::vector<ErrorRecord>& errors, TimePoint now = kErrorsStart) {
        const auto done = log().append(errors, now);
        ASSERT_TRUE(done) << done.error().message;
    }
    std::vector<std::uint64_t> ids(const ErrorFilter& filter, std::size_t count = 100) {
        std::vector<std::uint64_t> ids;
        const auto errors = log().list(filter, count).value();
        for (const auto& found : errors)
            ids.push_back(found.id);
        return ids;
    }
    ErrorLog& log() { return store_->errors(); }

    std::unique_ptr<LabelStore> store_;
};

TEST_F(ErrorLogTest, ListsTheNewestFirstWithAllThatWasKnown) {
    append({error(1, 2), error(3, 4, Tier::Heavy)});
    const auto errors = log().list({}, 10).value();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].truth, 3U);
    EXPECT_EQ(errors[0].predicted, 4U);
    EXPECT_EQ(errors[0].tier, Tier::Heavy);
    EXPECT_EQ(errors[0].probability, 0.75F);
    EXPECT_EQ(errors[0].margin, 0.5F);
    EXPECT_EQ(errors[0].score, 0.25F);
    EXPECT_EQ(errors[0].version.to_text(), "3.4");
    EXPECT_EQ(errors[0].at, kErrorsStart);
    EXPECT_EQ(errors[1].truth, 1U);
}

TEST_F(ErrorLogTest, FiltersByClassesTierTimeAndPage) {
    append({error(1, 2), error(1, 3), error(2, 3, Tier::Heavy), error(1, 2, Tier::Light, kErrorsStart + hours(1))});
    EXPECT_THAT(ids({.truth = 1, .predicted = 2}), ElementsAre(4, 1));
    EXPECT_THAT(ids({.tier = Tier::Heavy}), ElementsAre(3));
    EXPECT_THAT(ids({.since = kErrorsStart + hours(1)}), ElementsAre(4));
    EXPECT_THAT(ids({.before_id = 3}), ElementsAre(2, 1));
    EXPECT_THAT(ids({}, 1), ElementsAre(4));
}

TEST_F(ErrorLogTest, LearnsTheTypesOfErrorsWhenTheirLabelsAreLearned) {
    ErrorRecord first = error(1, 2), second = error(2, 3);
    first.label_row = 11;
    second.label_row = 12;
    append({first, second});
    EXPECT_EQ(log().list({}, 10).value()[0].type, ErrorType::Unjudged);
    const std::vector<JudgedError> judged = {{11, ErrorType::Boundary}, {99, ErrorType::Novel}};  // 99 is gone
    ASSERT_TRUE(log().judge(judged));
    EXPECT_THAT(ids({.type = ErrorType::Boundary}), ElementsAre(1));
    EXPECT_THAT(ids({.type = ErrorType::Unjudged}), ElementsAre(2));
    EXPECT_THAT(ids({.type = ErrorType::Novel}), ElementsAre());
    const auto counts = log().counts_by_type().value();
    EXPECT_EQ(counts[static_cast<std::size_t>(ErrorType::Boundary)], 1U);
    EXPECT_EQ(counts[static_cast<std::size_t>(ErrorType::Unjudged)], 1U);
}

TEST_F(ErrorLogTest, CountsEachErrorOnceWhenItWasLearnedHoweverLateThatIs) {
    std::vector<ErrorRecord> errors = {error(1, 2), error(1, 2), error(3, 4), error(3, 4)};
    for (std::size_t i = 0; i < errors.size(); ++i)
        errors[i].label_row = i + 1;
    append(errors);
    EXPECT_EQ(log().judged_since(0, 10).value().total(), 0U) << "nothing was learned yet";
    const std::vector<JudgedError> later = {{2, ErrorType::Ordinary}, {3, ErrorType::Novel}, {4, ErrorType::Novel}};
    ASSERT_TRUE(log().judge(later));
    const auto first = log().judged_since(0, 10).value();
    EXPECT_THAT(first.pairs, ElementsAre(ConfusionCount{3, 4, 2}, ConfusionCount{1, 2, 1}));
    EXPECT_EQ(first.by_type[static_cast<std::size_t>(ErrorType::Novel)], 2U);
    EXPECT_EQ(log().judged_since(0, 1).value().pairs.size(), 1U);
    EXPECT_EQ(log().judged_since(0, 1).value().total(), 3U) << "types count those of every pair";

    const std::vector<JudgedError> earlier = {{1, ErrorType::Boundary}};
    ASSERT_TRUE(log().judge(earlier));
    const auto second = log().judged_since(first.cursor, 10).value();
    EXPECT_THAT(second.pairs, ElementsAre(ConfusionCount{1, 2, 1}));
    EXPECT_EQ(second.total(), 1U);
    EXPECT_EQ(log().judged_since(second.cursor, 10).value().total(), 0U);
    EXPECT_EQ(log().judged().value(), second.cursor);
}

TEST_F(ErrorLogTest, OfAnOlderProgramReportsWhatWasNotReportedYet) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "node.db";
    const std::vector<JudgedError> judged = {{1, ErrorType::Novel}, {2, ErrorType::Novel}, {3, ErrorType::Novel}};
    {
        store_ = LabelStore::open(path, {}).value();
        std::vector<ErrorRecord> errors(4, error(1, 2));
        for (std::size_t i = 0; i < errors.size(); ++i)
            errors[i].label_row = i + 1;
        append(errors);
        ASSERT_TRUE(log().judge(judged));
        store_.reset();
    }
    {
        auto database = storage::Database::open(path).value();
        for (const char* const undo :
             {"DROP TABLE drift_alarm", "DROP TABLE error_judged", "DROP INDEX error_by_judgement",
              "ALTER TABLE error DROP COLUMN judged", "PRAGMA user_version = 4"})
            ASSERT_TRUE(database.run(undo));
    }
    store_ = LabelStore::open(path, {}).value();
    const std::uint64_t reported = 2;  // the cursor of that program was the newest error's id
    const auto counts = log().judged_since(reported, 10).value();
    EXPECT_EQ(counts.total(), 1U);
    const std::vector<JudgedError> later = {{4, ErrorType::Boundary}};
    ASSERT_TRUE(log().judge(later));
    EXPECT_EQ(log().judged_since(counts.cursor, 10).value().total(), 1U);
}

TEST_F(ErrorLogTest, StaysWithinItsRowsAndItsAge) {
    open({.rows_max = 5, .age_max = hours(2)});
    append(std::vector<ErrorRecord>(9, error(1, 2)));
    EXPECT_EQ(log().size().value(), 5U);
    append({error(1, 3, Tier::Light, kErrorsStart + hours(3))}, kErrorsStart + hours(3));
    EXPECT_EQ(log().size().value(), 1U);
}

TEST_F(ErrorLogTest, StaysWithinItsBytesWhateverItsRowsHold) {
    const TemporaryFolder folder;
    const std::size_t bytes_max = 1U << 20U;
    store_ = LabelStore::open(folder.path() / "node.db", {}).value();
    auto database = storage::Database::open(folder.path() / "node.db").value();
    ErrorLog log(database, {.rows_max = 1'000'000, .bytes_max = bytes_max});
    const auto size = [&] {
        auto pages = database.prepare("PRAGMA page_count").value();
        EXPECT_TRUE(pages.bind().step().value());
        return pages.uint64(0) * 4096;
    };
    const std::uint64_t empty = size();
    std::uint64_t row = 0;
    for (int batch = 0; batch < 50; ++batch) {
        std::vector<ErrorRecord> errors(200, error(1000, 1001, Tier::Heavy, kErrorsStart + hours(batch)));
        std::vector<JudgedError> judged;
        for (ErrorRecord& one : errors) {
            one.request = std::string(limits::kRequestIdBytesMax, 'x');
            one.label_row = (1ULL << 40U) + ++row * 7919 % 10'007;
            one.version = {ModelVersion{1ULL << 40U}, 1ULL << 40U};
            judged.push_back({one.label_row, ErrorType::Ordinary});
        }
        auto transaction = storage::Transaction::begin(database).value();
        ASSERT_TRUE(log.append(errors, kErrorsStart + hours(batch)));
        ASSERT_TRUE(log.judge(judged));
        ASSERT_TRUE(transaction.commit());
    }
    EXPECT_GT(log.size().value(), 1000U);
    EXPECT_LE(size() - empty, bytes_max);
    RecordProperty("bytes_a_row", static_cast<int>((size() - empty) / log.size().value()));
}

TEST_F(ErrorLogTest, LetsGoWhatIsTooOldAlsoWhileNoNewErrorComes) {
    const TemporaryFolder folder;
    store_ = LabelStore::open(folder.path() / "node.db", {.errors = {.rows_max = 50, .age_max = hours(2)}}).value();
    append(std::vector<ErrorRecord>(20, error(1, 2)));
    ASSERT_TRUE(store_->commit_step({{}, std::array{bytes_of("checkpoint")}, kErrorsStart + hours(3)}));
    EXPECT_EQ(log().size().value(), 5U) << "a tenth of its rows stays";
}

TEST_F(ErrorLogTest, KeepsItsNewestRowsWhateverTheClockSays) {
    open({.rows_max = 100, .age_max = hours(2)});
    const TimePoint far = kErrorsStart + hours(24 * 365 * 80);
    append(std::vector<ErrorRecord>(20, error(1, 2)));
    append({error(1, 3, Tier::Light, far)}, far);
    EXPECT_EQ(log().size().value(), 10U) << "a tenth of its rows stays";
    append({error(1, 3, Tier::Light, TimePoint())}, TimePoint());
    append({error(1, 3)}, kErrorsStart);
    EXPECT_EQ(log().size().value(), 12U);
}

}  // namespace
}  // namespace skerry::feedback
