#include "feedback/label_store.hpp"

#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

const TimePoint kLabelsStart{std::chrono::milliseconds(1'700'000'000'000)};

// What the first released schema had of labels, and what the second replaces.
constexpr const char* kSchemaBeforeReusedIds = R"(
CREATE TABLE label (row INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE,
    prediction_order INTEGER NOT NULL, at INTEGER NOT NULL, global INTEGER NOT NULL, local INTEGER NOT NULL,
    tier INTEGER NOT NULL, predicted INTEGER NOT NULL, probability REAL NOT NULL, margin REAL NOT NULL,
    score REAL NOT NULL, label INTEGER NOT NULL, labelled_at INTEGER NOT NULL, sample BLOB);
CREATE INDEX label_to_learn ON label (prediction_order) WHERE sample IS NOT NULL;
CREATE INDEX label_by_order ON label (prediction_order);
CREATE TABLE error (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, request TEXT, predicted INTEGER, truth INTEGER,
    tier INTEGER, probability REAL, margin REAL, score REAL, global INTEGER, local INTEGER);
CREATE TABLE checkpoint (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL, committed_at INTEGER NOT NULL);
)";

LabelledSample labelled(std::uint64_t order, std::uint32_t label = 1) {
    LabelledSample sample;
    sample.prediction.request = "request-" + std::to_string(order);
    sample.prediction.order = order;
    sample.prediction.at = kLabelsStart;
    sample.prediction.version = {ModelVersion{2}, order};
    sample.prediction.tier = Tier::Heavy;
    sample.prediction.predicted = 1;
    sample.prediction.probability = 0.5F;
    sample.prediction.sample = Bytes(4, std::byte{static_cast<unsigned char>(order)});
    sample.label = label;
    sample.labelled_at = kLabelsStart + std::chrono::seconds(order);
    return sample;
}

class LabelStoreTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "skerry-labels-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        open();
    }
    void TearDown() override {
        store_.reset();
        fs::remove_all(folder_);
    }
    void open(LabelStoreConfig config = {}) {
        store_.reset();
        auto store = LabelStore::open(folder_ / "labels.db", config);
        ASSERT_TRUE(store) << store.error().message;
        store_ = std::move(*store);
    }
    std::vector<std::uint64_t> orders() {
        std::vector<std::uint64_t> orders;
        const auto samples = store_->unconsumed(100).value();
        for (const auto& sample : samples)
            orders.push_back(sample.prediction.order);
        return orders;
    }
    std::vector<std::uint64_t> rows(std::size_t count) {
        std::vector<std::uint64_t> rows;
        const auto samples = store_->unconsumed(count).value();
        for (const auto& sample : samples)
            rows.push_back(sample.row);
        return rows;
    }
    Result<> commit(const std::vector<std::uint64_t>& consumed, std::string_view checkpoint) {
        const ByteView parts[] = {bytes_of(checkpoint).first(1), bytes_of(checkpoint).subspan(1)};
        return store_->commit_step({consumed, parts, kLabelsStart});
    }

    fs::path folder_;
    std::unique_ptr<LabelStore> store_;
};

TEST_F(LabelStoreTest, GivesUnlearnedLabelsInTheOrderOfTheirPredictions) {
    const LabelledSample late_first[] = {labelled(5), labelled(2), labelled(9)};
    ASSERT_TRUE(store_->append(late_first));
    const LabelledSample then[] = {labelled(3)};
    ASSERT_TRUE(store_->append(then));
    EXPECT_THAT(orders(), ElementsAre(2, 3, 5, 9));
    EXPECT_EQ(store_->unconsumed(2).value().size(), 2U);
    EXPECT_EQ(store_->next_order().value(), 10U);
    const auto first = store_->unconsumed(1).value().front();
    EXPECT_EQ(first.prediction.sample, labelled(2).prediction.sample);
    EXPECT_EQ(first.prediction.version, labelled(2).prediction.version);
    EXPECT_EQ(first.labelled_at, labelled(2).labelled_at);
    EXPECT_EQ(first.prediction.tier, Tier::Heavy);
}

TEST_F(LabelStoreTest, KeepsTheCheckpointBeforeWhenOneIsCutOffWhileItIsWritten) {
    ASSERT_TRUE(commit({}, "first"));
    ASSERT_TRUE(commit({}, "second, which is longer"));
    ASSERT_TRUE(commit({}, "3"));
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "3");
    // A crash in the middle of the fourth: its file is half there, and its row is not.
    std::ofstream(folder_ / "labels.db-checkpoint-0", std::ios::trunc) << "half";
    open();
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "3");
    ASSERT_TRUE(commit({}, "4"));
    open();
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "4");
}

TEST_F(LabelStoreTest, SaysThatItsCheckpointIsGoneAndGoesOn) {
    ASSERT_TRUE(commit({}, "first"));
    fs::remove(folder_ / "labels.db-checkpoint-1");
    open();
    EXPECT_EQ(store_->checkpoint().error().code, ErrorCode::NotFound);
    ASSERT_TRUE(commit({}, "again"));
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "again");
}

TEST_F(LabelStoreTest, KeepsTheFirstLabelOfARequest) {
    const LabelledSample first[] = {labelled(1, 4)};
    const LabelledSample second[] = {labelled(1, 6), labelled(2)};
    ASSERT_TRUE(store_->append(first));
    ASSERT_TRUE(store_->append(second));
    EXPECT_EQ(store_->label_of("request-1").value()->label, 4U);
    EXPECT_EQ(store_->label_of("request-2").value()->label, 1U);
    EXPECT_EQ(store_->label_of("request-3").value(), std::nullopt);
    EXPECT_EQ(store_->unconsumed_count().value(), 2U);
}

TEST_F(LabelStoreTest, KeepsALabelOfEachSampleThatAnIdWasUsedForAndKnowsTheNewest) {
    LabelledSample again = labelled(8, 6);
    again.prediction.request = "request-1";
    const LabelledSample first[] = {labelled(1, 4)};
    ASSERT_TRUE(store_->append(first));
    ASSERT_TRUE(store_->append({&again, 1}));
    EXPECT_EQ(store_->label_of("request-1").value(), (RecordedLabel{6, 8}));
    EXPECT_THAT(orders(), ElementsAre(1, 8));
}

TEST_F(LabelStoreTest, KeepsWhatAnOlderProgramStored) {
    store_.reset();
    fs::remove_all(folder_ / "labels.db");
    {
        auto database = storage::Database::open(folder_ / "labels.db").value();
        const char* const scripts[] = {kSchemaBeforeReusedIds};
        ASSERT_TRUE(database.migrate(scripts));
        ASSERT_TRUE(
            database.run("INSERT INTO label VALUES (7, 'request-3', 3, 0, 1, 0, 0, 1, 0.5, 0.5, 0.5, 4, 0, "
                         "x'01020304')"));
        ASSERT_TRUE(database.run("INSERT INTO checkpoint VALUES (1, ?, 0)", bytes_of("old")));
    }
    open();
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "old") << "from before it was in files";
    EXPECT_THAT(rows(10), ElementsAre(7));
    EXPECT_EQ(store_->label_of("request-3").value(), (RecordedLabel{4, 3}));
    const LabelledSample next[] = {labelled(4)};
    ASSERT_TRUE(store_->append(next));
    EXPECT_THAT(rows(10), ElementsAre(7, 8));
    ASSERT_TRUE(commit({}, "new"));
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "new");
    auto database = storage::Database::open(folder_ / "labels.db").value();
    auto old_checkpoints = database.prepare("SELECT count(*) FROM checkpoint").value();
    ASSERT_TRUE(old_checkpoints.step().value());
    EXPECT_EQ(old_checkpoints.uint64(0), 0U) << "megabytes that nobody reads";
}

TEST_F(LabelStoreTest, ConsumesLabelsAndStoresTheCheckpointInOneStep) {
    const LabelledSample labels[] = {labelled(1), labelled(2), labelled(3)};
    ASSERT_TRUE(store_->append(labels));
    EXPECT_EQ(store_->checkpoint().value(), std::nullopt);
    ASSERT_TRUE(commit(rows(2), "after two"));
    open();
    EXPECT_THAT(orders(), ElementsAre(3));
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "after two");
    EXPECT_EQ(store_->label_of("request-1").value()->label, 1U);
}

TEST_F(LabelStoreTest, RefusesToLearnALabelTwiceAndThenChangesNothing) {
    const LabelledSample labels[] = {labelled(1), labelled(2)};
    ASSERT_TRUE(store_->append(labels));
    const auto both = rows(2);
    ASSERT_TRUE(commit({both[0]}, "first"));
    const auto again = commit(both, "second");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "first");
    EXPECT_THAT(orders(), ElementsAre(2));
}

TEST_F(LabelStoreTest, StoresACheckpointAloneWhenNothingWasConsumed) {
    ASSERT_TRUE(commit({}, "one"));
    ASSERT_TRUE(commit({}, "two"));
    EXPECT_EQ(text_of(*store_->checkpoint().value()), "two");
}

TEST_F(LabelStoreTest, ForgetsTheOldestLearnedIdsBeyondItsBoundButNeverAnUnlearnedLabel) {
    open({.remembered_ids_max = 3, .errors = {}});
    std::vector<LabelledSample> labels;
    for (std::uint64_t order = 1; order <= 10; ++order)
        labels.push_back(labelled(order));
    ASSERT_TRUE(store_->append(labels));
    auto consumed = rows(10);
    consumed.erase(consumed.begin());  // the first stays unlearned
    ASSERT_TRUE(commit(consumed, "x"));
    EXPECT_EQ(store_->label_of("request-7").value(), std::nullopt);
    EXPECT_EQ(store_->label_of("request-8").value()->label, 1U);
    EXPECT_THAT(orders(), ElementsAre(1));
}

}  // namespace
}  // namespace skerry::feedback
