#include "edge-node/daemon/local_model.hpp"

#include <cstring>

#include <gmock/gmock.h>

#include "common/parameters/precision/encoding.hpp"
#include "edge-node/daemon/label_intake.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "tests/unit/learning/softmax_engine.hpp"
#include "tests/unit/node/federation.hpp"
#include "tests/unit/node/full_disk.hpp"
#include "tests/unit/node/nudge_engine.hpp"
#include "tests/unit/node/running.hpp"

namespace skerry::node {
namespace {

using testing::Federation;
using testing::FullDisk;

constexpr std::size_t kRows = 10;  // a trigger

/// The real stores, storage thread, intake and policy of a node, on a loop that the test turns itself. A crash is
/// everything gone but the folder; it may strike before any job of the storage thread.
class LocalModelTest : public ::testing::Test {
protected:
    LocalModelTest() {
        config_.trigger_rows = kRows;
        federation_.model = parameters::identity_of(spec_);
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            federation_.values[tier] = layout_.prefix(static_cast<Tier>(tier));
    }
    ~LocalModelTest() override { crash(); }

    struct Parts {
        Parts(boost::asio::io_context& loop, std::function<bool()> goes_on)
            : work(loop.get_executor()), storage(loop, std::move(goes_on)) {}
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
        std::optional<Spool> spool;
        std::unique_ptr<feedback::LabelStore> labels;
        std::optional<feedback::PendingRing> ring;
        std::unique_ptr<LearningEngine> engine;
        StorageThread storage;
        std::unique_ptr<LocalModel> local;
        std::unique_ptr<LabelIntake> intake;
        ~Parts() { storage.stop(); }
    };

    /// `jobs`: how many the disk still does.
    void open(std::uint64_t jobs = UINT64_MAX) {
        jobs_left_ = jobs;
        stopped_ = false;
        loop_ = std::make_unique<boost::asio::io_context>(1);
        parts_ = std::make_unique<Parts>(*loop_, [this] {
            ++jobs_seen_;
            if (jobs_left_ == 0) stopped_ = true;
            return jobs_left_ != 0 && jobs_left_-- != 0;
        });
        parts_->spool.emplace(Spool::open(folder_.path() / "node.db").value());
        parts_->labels = feedback::LabelStore::open(folder_.path() / "node.db", {}).value();
        parts_->ring.emplace(
            feedback::PendingRing::open(folder_.path() / "pending.ring", {.rows_max = 100}, spec_.input.sample_bytes())
                .value());
        parts_->engine = make_engine_();
        parts_->local = std::make_unique<LocalModel>(
            *loop_, LocalModel::Stores{parts_->storage, *parts_->spool, *parts_->labels}, Model::of(spec_).value(),
            LocalModel::Learning{*loop_, *parts_->engine, config_}, std::chrono::milliseconds(0), plain_executor,
            federation_.identity);
        const auto restored = local().restore(folder_.path());
        ASSERT_TRUE(restored) << restored.error().message;
        parts_->intake = std::make_unique<LabelIntake>(parts_->storage, *parts_->labels, *parts_->ring,
                                                       [this](std::size_t count) { local().labels_arrived(count); });
        local().begin({[](const auto&) {}, [this](Event event) { told_.push_back(std::move(event)); },
                       [this](const LearningReport& report) { learned_ += report.rows; },
                       [] { return std::array<std::uint64_t, kTiers>{}; }, [] { return false; }});
    }
    void crash() {
        parts_.reset();
        loop_.reset();
    }
    /// Until nothing is under way, or the disk has stopped. A job of our own twice finds no other since the last one:
    /// what comes back before it the first time may give one more job. Steps are thought about on the loop.
    void settle() {
        std::uint64_t last = 0;
        for (int quiet = 0; quiet < 2 && !stopped_;) {
            const auto seen = std::make_shared<std::uint64_t>(0);
            parts_->storage.run(
                [this] {
                    ++jobs_left_;
                    return std::uint64_t{jobs_seen_};
                },
                [seen](std::uint64_t count) { *seen = count; });
            while (*seen == 0 && !stopped_)
                loop_->run_one_for(std::chrono::milliseconds(20));
            while (loop_->poll_one() > 0) {
            }
            quiet = *seen == last + 1 ? quiet + 1 : 0;
            last = *seen;
        }
    }
    template <class Condition>
    bool until(Condition condition) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition() && std::chrono::steady_clock::now() < give_up) {
            loop_->run_one_for(std::chrono::milliseconds(20));
        }
        return condition();
    }

    void install(std::uint64_t version, std::uint64_t counted = 0) {
        const wire::Announcement announcement = federation_.announcement(version, counted);
        local().perform(StoreModelChunk{ModelVersion{version}, 0, Federation::bytes_of_floats(weights(version))});
        local().perform(InstallVersion{federation_.manifest(version), announcement.manifest, announcement.counted});
    }
    std::vector<float> weights(std::uint64_t version) const { return federation_.weights(version); }
    void take(std::uint64_t sequence, std::uint64_t base) {
        const auto number = static_cast<std::uint8_t>(sequence);
        local().perform(TakeUpdate{Sequence{sequence}, federation_.lease(base, number),
                                   federation_.grant(base, number).lease, federation_.seal.public_key()});
    }
    /// Answers and labels `count` samples, every other one wrongly; those acknowledged are noted.
    void label(std::size_t count) {
        std::vector<IncomingLabel> labels;
        for (std::size_t i = 0; i < count; ++i) {
            feedback::Prediction prediction;
            prediction.request = "request-" + std::to_string(++asked_);
            prediction.order = parts_->ring->next_order();
            prediction.at = Clock::now();
            prediction.version = {ModelVersion{1}, 0};
            prediction.predicted = 0;
            const std::vector<float> sample(4, static_cast<float>(asked_ % 3));
            prediction.sample = copy_of(std::as_bytes(std::span(sample)));
            ASSERT_TRUE(parts_->ring->push(prediction));
            labels.push_back({prediction.request, static_cast<std::uint32_t>(asked_ % 2)});
        }
        parts_->intake->submit(labels, [this, labels](const Result<LabelIntake::Verdicts>& verdicts) {
            last_verdicts_ = verdicts ? std::string() : verdicts.error().message;
            if (!verdicts) return;
            for (std::size_t i = 0; i < labels.size(); ++i)
                if ((*verdicts)[i] == feedback::LabelVerdict::Accepted) acknowledged_.push_back(labels[i]);
        });
    }
    template <class Told>
    std::size_t told() const {
        return static_cast<std::size_t>(std::count_if(
            told_.begin(), told_.end(), [](const Event& event) { return std::holds_alternative<Told>(event); }));
    }
    LocalModel& local() { return *parts_->local; }

    TemporaryFolder folder_;
    parameters::ModelSpec spec_ = testing::small_spec();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    Federation federation_;
    LearningConfig config_;
    std::function<std::unique_ptr<LearningEngine>()> make_engine_ = [this] {
        return std::make_unique<testing::NudgeEngine>(spec_);
    };
    std::atomic<std::uint64_t> jobs_left_{0};
    std::atomic<std::uint64_t> jobs_seen_{0};
    std::atomic<bool> stopped_{false};
    std::unique_ptr<boost::asio::io_context> loop_;
    std::unique_ptr<Parts> parts_;
    std::vector<Event> told_;
    std::vector<IncomingLabel> acknowledged_;
    std::string last_verdicts_;
    std::uint64_t learned_ = 0;  ///< labels, by what was reported
    std::uint64_t asked_ = 0;
};

TEST_F(LocalModelTest, GoesOnFromWhatItSentWhenItsCheckpointIsUnusable) {
    open();
    install(1);
    label(2 * kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 2; }));
    take(1, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
    const Totals sent = parts_->spool->totals_sent().value();
    ASSERT_TRUE(parts_->labels->commit_step({{}, bytes_of("of another program"), Clock::now()}));
    crash();

    open();
    EXPECT_EQ(local().checkpoint().totals.steps, sent.steps);
    EXPECT_EQ(local().checkpoint().totals.labelled, sent.labelled);
    EXPECT_EQ(local().steps_unsent(), 0U);
    take(2, 1);
    ASSERT_TRUE(until([&] { return told<NothingTaken>() == 1; })) << "nothing was learned since the update";
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == sent.steps + 1; }));
    EXPECT_EQ(local().checkpoint().totals.labelled, sent.labelled + kRows);
    EXPECT_EQ(local().steps_unsent(), 1U);
}

TEST_F(LocalModelTest, RebasesWhatItMadeAnewWhenAnInstallationIsUnfinishedToo) {
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    // The checkpoint says version 2 and can't be read by the learner; the spool is between the two.
    Checkpoint checkpoint = local().checkpoint();
    checkpoint.version.global = ModelVersion{2};
    const wire::Announcement announcement = federation_.announcement(2);
    ASSERT_TRUE(parts_->spool->begin_install({federation_.manifest(2), announcement.manifest, {}}, weights(2)));
    ASSERT_TRUE(parts_->labels->commit_step({{}, checkpoint.to_bytes(), Clock::now()}));
    crash();

    open();
    EXPECT_EQ(local().checkpoint().version.global, ModelVersion{2});
    take(1, 2);
    ASSERT_TRUE(until([&] { return told<NothingTaken>() == 1; })) << "it holds version 2 itself";
}

TEST_F(LocalModelTest, ReportsNoErrorTwiceAfterProgressWasDropped) {
    open();
    install(1);
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
    take(1, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
    const std::uint64_t cursor = parts_->spool->totals_sent().value().error_cursor;
    EXPECT_EQ(cursor, kRows / 2);
    local().perform(DropProgress{Sequence{1}});
    label(1);
    ASSERT_TRUE(until([&] { return local().checkpoint().version.local == 2 && local().unconsumed() == 1; }));
    settle();
    EXPECT_GE(parts_->spool->totals_sent().value().error_cursor, cursor);
}

/// Can't compute anything, and is there to say so.
class HopelessEngine final : public LearningEngine {
public:
    void forward(const ForwardRequest&, OnDone<ForwardResult> on_done) override {
        on_done(fail(ErrorCode::InvalidInput, "these rows are beyond me"));
    }
    void train(const TrainRequest&, OnDone<TrainResult>) override {}
};

TEST_F(LocalModelTest, GivesUpABatchThatNoEngineCanComputeSoThatLabelsDoNotWaitForEver) {
    make_engine_ = [] { return std::make_unique<HopelessEngine>(); };
    open();
    install(1);
    label(kRows + 3);
    ASSERT_TRUE(until([&] { return local().labels_dropped() == kRows; }));
    ASSERT_TRUE(until([&] { return local().unconsumed() == 3; }));
    EXPECT_EQ(local().checkpoint().totals.labelled, kRows);
    EXPECT_EQ(parts_->labels->errors().size().value(), (kRows + 4) / 2) << "logged although nothing was learned";
}

TEST_F(LocalModelTest, CountsEachLabelOnceAlsoWhileItsStepIsBeingCommitted) {
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    label(kRows + 3);
    ASSERT_TRUE(until([&] {
        const std::uint64_t seen = local().checkpoint().totals.labelled + local().unconsumed();
        EXPECT_TRUE(seen == 0 || seen == kRows + 3) << seen;
        return learned_ == kRows;
    }));
}

TEST_F(LocalModelTest, AFullDiskPausesLearningUntilThereIsRoom) {
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    label(kRows - 1);
    ASSERT_TRUE(until([&] { return local().unconsumed() == kRows - 1; }));
    {
        const FullDisk full;
        label(1);
        ASSERT_TRUE(until([&] { return !last_verdicts_.empty(); }));
        EXPECT_THAT(last_verdicts_, ::testing::HasSubstr("the disk is full"));
        install(2);
        ASSERT_TRUE(until([&] { return !local().disk_trouble().empty(); }));
    }
    ASSERT_TRUE(until([&] { return local().checkpoint().version.global == ModelVersion{2}; }));
    EXPECT_EQ(local().disk_trouble(), "");
    label(1);
    EXPECT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
}

// Law: whatever was acknowledged or told before the disk stopped is there after a restart, and is learned once.
// Method: one story, cut off before each of its jobs in turn.
TEST_F(LocalModelTest, LosesNothingThatItAcknowledgedWhereverItStops) {
    std::uint64_t cut = 0;
    for (bool whole = false; !whole; ++cut) {
        SCOPED_TRACE(cut);
        ASSERT_LT(cut, 100U);
        crash();
        for (const char* file : {"node.db", "node.db-wal", "node.db-shm", "pending.ring"})
            std::filesystem::remove(folder_.path() / file);
        told_.clear();
        acknowledged_.clear();
        asked_ = learned_ = 0;

        open(cut);
        install(1);
        settle();
        label(kRows + 5);
        settle();
        take(1, 1);
        settle();
        label(kRows);
        settle();
        install(2, 0);
        settle();
        whole = !stopped_;
        const std::uint64_t learned = learned_;
        crash();

        open();
        settle();  // the stores are the storage thread's until it is idle
        std::size_t wrong = 0;
        for (const IncomingLabel& label : acknowledged_) {
            EXPECT_EQ(parts_->labels->label_of(label.request).value()->label, label.label) << label.request;
            wrong += label.label != 0 ? 1 : 0;
        }
        EXPECT_GE(parts_->labels->errors().size().value(), wrong);
        EXPECT_GE(parts_->spool->load().value().spool.size(), told<UpdateSpooled>());
        EXPECT_GE(local().checkpoint().version.global.value, told<VersionInstalled>());
        EXPECT_GE(local().checkpoint().totals.labelled, learned) << "a step that was served is there";
        // Learned and waiting together are all that is on record: none is lost, none is learned twice.
        const std::uint64_t on_record = local().checkpoint().totals.labelled + local().unconsumed();
        EXPECT_GE(on_record, acknowledged_.size());
        EXPECT_LE(on_record, asked_);
    }
    EXPECT_GT(cut, 10U) << "the story has that many jobs";
}

TEST_F(LocalModelTest, AnUpdateIsTheProgressAloneWhateverTheVersionWasRoundedTo) {
    const auto plan = parameters::plan_named("fp8", layout_.blocks()).value();
    auto version = parameters::initial_parameters(spec_, layout_, 3);
    const Bytes encoded = parameters::encode(layout_.blocks(), plan, version).bytes;
    const auto rounded = parameters::decode(layout_.blocks(), plan, encoded).value();
    ASSERT_NE(rounded, version);
    open();
    const wire::Announcement announcement = federation_.announcement(1);
    local().perform(StoreModelChunk{ModelVersion{1}, 0, encoded});
    local().perform(InstallVersion{
        federation_.manifest(1), announcement.manifest, announcement.counted, {WeightEncoding::Float8, 0.01F}});
    settle();
    EXPECT_EQ(told<VersionInstalled>(), 1U);
    EXPECT_EQ(parts_->spool->base().value(), rounded);
    take(1, 1);
    settle();
    EXPECT_EQ(told<NothingTaken>(), 1U) << "the rounding is no progress";
}

TEST_F(LocalModelTest, RefusesAVersionWhoseBytesAreNoWeights) {
    const auto plan = parameters::plan_named("fp8", layout_.blocks()).value();
    Bytes encoded = parameters::encode(layout_.blocks(), plan, parameters::initial_parameters(spec_, layout_, 3)).bytes;
    open();
    const auto refused = [this](std::uint64_t version, Bytes bytes) {
        told_.clear();
        const wire::Announcement announcement = federation_.announcement(version);
        local().perform(StoreModelChunk{ModelVersion{version}, 0, std::move(bytes)});
        local().perform(InstallVersion{
            federation_.manifest(version), announcement.manifest, announcement.counted, {WeightEncoding::Float8, 0}});
        settle();
        const auto* const why = told_.size() == 1 ? std::get_if<VersionRefused>(&told_.front()) : nullptr;
        return why == nullptr ? std::string("installed") : why->why;
    };
    const std::size_t scale = layout_.statistics() * sizeof(float);
    const std::byte exponent = encoded[scale];
    encoded[scale] = std::byte{127};
    EXPECT_THAT(refused(1, encoded), ::testing::HasSubstr("light"));
    encoded[scale] = exponent;
    encoded.back() = std::byte{0x7F};
    encoded[encoded.size() - 2] = encoded[encoded.size() - 3] = std::byte{0xFF};
    EXPECT_NE(refused(2, encoded), "installed");
    encoded.pop_back();
    EXPECT_THAT(refused(3, encoded), ::testing::HasSubstr("they must have"));
    EXPECT_TRUE(parts_->spool->base()->empty());
}

}  // namespace
}  // namespace skerry::node
