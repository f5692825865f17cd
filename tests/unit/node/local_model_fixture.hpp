#pragma once

#include <atomic>

#include <gmock/gmock.h>

#include "common/parameters/precision/encoding.hpp"
#include "edge-node/daemon/label_intake.hpp"
#include "edge-node/daemon/local_model.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "tests/unit/learning/softmax_engine.hpp"
#include "tests/unit/node/federation.hpp"
#include "tests/unit/node/full_disk.hpp"
#include "tests/unit/node/nudge_engine.hpp"
#include "tests/unit/node/running.hpp"

namespace skerry::node::testing {

inline constexpr std::size_t kRows = 10;  // a trigger

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
    ~LocalModelTest() override {
        crash();
        FullDisk::full = false;
    }

    struct Parts {
        Parts(boost::asio::io_context& loop, std::function<bool()> goes_on)
            : work(loop.get_executor()), storage(loop, std::move(goes_on)) {}
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
        std::optional<Spool> spool;
        std::unique_ptr<feedback::LabelStore> labels;
        std::optional<feedback::PendingRing> ring;
        std::optional<ArrivingFile> arriving;
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
            if (jobs_with_room_-- == 0) FullDisk::full = true;
            if (jobs_left_ == 0) stopped_ = true;
            return jobs_left_ != 0 && jobs_left_-- != 0;
        });
        parts_->spool.emplace(Spool::open(folder_.path() / "node.db").value());
        parts_->labels = feedback::LabelStore::open(folder_.path() / "node.db", {}).value();
        parts_->ring.emplace(
            feedback::PendingRing::open(folder_.path() / "pending.ring", {.rows_max = 100}, spec_.input.sample_bytes())
                .value());
        parts_->arriving.emplace(folder_.path() / "node.db-arriving");
        parts_->engine = make_engine_();
        parts_->local = std::make_unique<LocalModel>(
            *loop_, LocalModel::Stores{parts_->storage, *parts_->spool, *parts_->labels, *parts_->arriving},
            Model::of(spec_).value(), LocalModel::Learning{*loop_, *parts_->engine, config_, run_piece_},
            std::chrono::milliseconds(0), plain_executor, federation_.identity);
        const auto restored = local().restore(folder_.path());
        ASSERT_TRUE(restored) << restored.error().message;
        parts_->intake = std::make_unique<LabelIntake>(parts_->storage, *parts_->labels, *parts_->ring,
                                                       [this](std::size_t count) { local().labels_arrived(count); });
        local().begin({[this](std::shared_ptr<const Snapshot> snapshot) { served_ = std::move(snapshot); },
                       [this](Event event) { told_.push_back(std::move(event)); },
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
        const Bytes bytes = Federation::bytes_of_floats(weights(version));
        install({federation_.manifest(version), announcement.manifest, announcement.counted}, bytes);
    }
    /// As the session orders it once `bytes` have come.
    void install(InstallVersion order, const Bytes& bytes) {
        Announced announced{order.manifest, order.signed_manifest, order.counted, order.as, bytes.size(), {}, {}};
        (order.difference ? order.difference->digest : order.digest) = crypto::sha256(bytes);
        announced.difference = order.difference;
        local().perform(BeginVersion{announced});
        local().perform(StoreModelChunk{0, bytes});
        local().perform(std::move(order));
    }
    std::vector<float> weights(std::uint64_t version) const { return federation_.weights(version); }
    void take(std::uint64_t sequence, std::uint64_t base) {
        const auto number = static_cast<std::uint8_t>(sequence);
        local().perform(TakeUpdate{Sequence{sequence}, federation_.lease(base, number),
                                   federation_.grant(base, number).lease, federation_.seal.public_key()});
    }
    /// What a spooled update of one chunk tells the coordinator.
    wire::UpdateBody opened(std::uint64_t sequence) {
        for (const Event& event : told_) {
            const auto* spooled = std::get_if<UpdateSpooled>(&event);
            if (spooled == nullptr || spooled->update.sequence != Sequence{sequence}) continue;
            wire::SealedUpdate update;
            update.header = spooled->update.header;
            update.sealed = parts_->spool->chunk(Sequence{sequence}, 0).value();
            return wire::open(update, federation_.seal).value();
        }
        ADD_FAILURE() << "no update " << sequence;
        return {};
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
    parameters::ModelSpec spec_ = small_spec();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    Federation federation_;
    LearningConfig config_;
    std::function<std::unique_ptr<LearningEngine>()> make_engine_ = [this] {
        return std::make_unique<NudgeEngine>(spec_);
    };
    /// As the learning thread runs pieces: none inside another.
    RunPiece run_piece_ = [this](const std::function<void()>& piece) {
        EXPECT_FALSE(std::exchange(in_piece_, true)) << "a piece inside a piece would wait for itself";
        piece();
        in_piece_ = false;
    };
    bool in_piece_ = false;
    std::atomic<std::uint64_t> jobs_left_{0};
    std::atomic<std::uint64_t> jobs_seen_{0};
    std::atomic<std::uint64_t> jobs_with_room_{UINT64_MAX};  ///< until the disk is full
    std::atomic<bool> stopped_{false};
    std::unique_ptr<boost::asio::io_context> loop_;
    std::unique_ptr<Parts> parts_;
    std::vector<Event> told_;
    std::vector<IncomingLabel> acknowledged_;
    std::string last_verdicts_;
    std::shared_ptr<const Snapshot> served_;
    std::uint64_t learned_ = 0;  ///< labels, by what was reported
    std::uint64_t asked_ = 0;
};

}  // namespace skerry::node::testing
