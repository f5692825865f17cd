#include "edge-node/daemon/local_model.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "common/base/heap.hpp"
#include "common/base/limits.hpp"
#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model_disk.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

/// What work used is used again by the next, if that begins so soon; to map it anew costs some µs a page.
constexpr std::chrono::milliseconds kUseAgain{15000};
constexpr std::chrono::seconds kUseAgainMost{60};

/// It reads the installed version, or changes which updates there are.
bool needs_settled(const Action& order) {
    return std::holds_alternative<TakeUpdate>(order) || std::holds_alternative<InstallVersion>(order) ||
           std::holds_alternative<DropProgress>(order) || std::holds_alternative<PutBack>(order);
}

std::uint64_t errors_in(const feedback::PrequentialNumbers& numbers) {
    std::uint64_t correct = 0;
    for (const std::uint64_t count : numbers.tier_correct)
        correct += count;
    return numbers.labelled - std::min(numbers.labelled, correct);
}

}  // namespace

LocalModel::LocalModel(boost::asio::io_context& loop, Stores stores, std::shared_ptr<const Model> model,
                       Learning learning, std::chrono::milliseconds version_patience, ExecutorFactory executors,
                       const crypto::SigningKey& identity)
    : steps_(loop),
      stores_(stores),
      model_(std::move(model)),
      learning_loop_(learning.loop),
      run_piece_(std::move(learning.run)),
      engine_(learning.engine),
      config_(std::move(learning.config)),
      sharing_(sharing_of(model_->layout, config_.own_heads)),
      version_patience_(version_patience),
      executors_(std::move(executors)),
      identity_(identity),
      retry_(loop),
      room_(loop),
      quiet_(loop),
      patience_(loop) {}

Result<> LocalModel::adopt(SharedWeights weights) {
    if (policy_) return policy_->rebase(std::move(weights));
    policy_ = SKERRY_TRY(LearningPolicy::create(engine_, config_, model_->spec, std::move(weights)));
    prequential_ = policy_->prequential();
    return {};
}

void LocalModel::begin(Listeners listeners) {
    listeners_ = std::move(listeners);
    answered_before_ = checkpoint_.answered;
    if (policy_) {
        prequential_ = policy_->prequential();
        auto snapshot = snapshot_of_policy(checkpoint_.version);
        if (snapshot) {
            publish(std::move(*snapshot));
        } else {
            log::error("snapshot_failed", {{"reason", snapshot.error().message}, {"model", model_->spec.name}});
        }
    }
    pump();
}

void LocalModel::labels_arrived(std::size_t count) {
    unconsumed_ += count;
    pump();
}

void LocalModel::perform(Action order) {
    // What arrives waits for no learning step: the file is nobody else's, and InstallVersion comes behind it.
    if (auto* version = std::get_if<BeginVersion>(&order)) {
        return store_arriving([what = std::move(version->what)](ArrivingFile& file) { return file.begin(what); });
    }
    if (auto* chunk = std::get_if<StoreModelChunk>(&order)) {
        return store_arriving([bytes = std::move(chunk->bytes)](ArrivingFile& file) { return file.append(bytes); });
    }
    orders_.push_back(std::move(order));
    pump();
}

void LocalModel::store_arriving(std::function<bool(ArrivingFile&)> store) {
    stores_.thread.run(
        [&file = stores_.arriving, store = std::move(store)] { return store(file); },
        [this](bool on_disk) {
            if (on_disk) return;
            log::debug("version_waits_in_memory", {{"reason", "the disk takes no more"}, {"model", model_->spec.name}});
        });
}

void LocalModel::finish(std::function<void()> then) {
    finishing_ = true;
    refuse_rollbacks();
    // A trigger that is with the engine is let go: its labels are still there at the next start.
    // So is what waits for room on the disk: nothing of it has happened yet.
    if (working_ && (learning_ || !disk_trouble_.empty())) return then();
    then_ = std::move(then);
    retry_.cancel();
    patience_.cancel();
    pump();
}

void LocalModel::pump() {
    if (working_) return;
    if (!orders_.empty() && has_memory_for(orders_.front())) {
        working_ = true;
        // By shared pointer: work goes on in callbacks that may be copied.
        auto order = std::make_shared<Action>(std::move(orders_.front()));
        orders_.pop_front();
        auto work = [this, order] { std::visit([this](auto& what) { work_on(what); }, *order); };
        return needs_settled(*order) ? settle(std::move(work)) : work();
    }
    if (rollback_) {
        working_ = true;
        settle([this] {
            if (!rollback_) return end_work();  // it was excused while there was no room
            rollback_->under_way = true;
            begin_rollback();
        });
    } else if (finishing_) {
        if (!then_) return;
        working_ = true;
        settle([this] {
            working_ = false;
            if (then_) std::exchange(then_, nullptr)();
        });
    } else if (orders_.empty() && policy_ && unconsumed_ >= config_.trigger_rows && listeners_.publish &&
               !waits_for_version() && listeners_.may_learn()) {
        working_ = true;
        has_turn_ = true;
        begin_trigger();
    }
}

// A step that is learned while the fleet's next version is being made stands on weights that are about to be replaced.
// So learning (never serving) gives the version a moment; a fleet that takes longer is not waited for.
bool LocalModel::waits_for_version() {
    if (!listeners_.sharing()) {
        waiting_since_.reset();
        return false;
    }
    const TimePoint now = Clock::now();
    if (!waiting_since_) waiting_since_ = now;
    const auto left = *waiting_since_ + version_patience_ - now;
    if (left <= std::chrono::milliseconds(0)) return false;
    patience_.expires_after(left);
    patience_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code error) {
        if (!error && !alive.expired()) pump();
    });
    return true;
}

bool LocalModel::has_memory_for(const Action& order) {
    if (!std::holds_alternative<InstallVersion>(order)) return true;
    auto lease = listeners_.memory_for_install();
    if (lease) installing_ = std::move(*lease);
    return lease.has_value();
}

void LocalModel::end_work() {
    working_ = false;
    give_back_soon();
    installing_ = MemoryLease();
    pump();
}

void LocalModel::publish(std::shared_ptr<const Snapshot> snapshot) {
    listeners_.publish(std::move(snapshot));
}

std::array<std::uint64_t, kTiers> LocalModel::answered() const {
    std::array<std::uint64_t, kTiers> all = answered_before_;
    const std::array<std::uint64_t, kTiers> now = listeners_.answered();
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        all[tier] += now[tier];
    return all;
}

Checkpoint LocalModel::checkpoint_now() {
    checkpoint_.answered = answered();
    return checkpoint_;
}

Result<std::shared_ptr<const Snapshot>> LocalModel::snapshot_of_policy(feedback::SnapshotVersion version) const {
    return make_snapshot(model_, version, policy_->parameters(), executors_);
}

// ---- A trigger ----

void LocalModel::begin_trigger() {
    trigger_began_ = Clock::now();
    const ModelVersion against =
        trial_ && trial_->version == checkpoint_.version.global ? trial_against_ : ModelVersion{};
    const feedback::SnapshotVersion next{checkpoint_.version.global, checkpoint_.version.local + 1};
    on_disk(
        [this, against, next]() -> Result<std::shared_ptr<Batch>> {
            auto labels = SKERRY_TRY(stores_.labels.unconsumed(config_.trigger_rows));
            return std::make_shared<Batch>(Batch{std::move(labels), SKERRY_TRY(rivals(against, next.global)), next});
        },
        [this](const std::shared_ptr<Batch>& batch) {
            policy_->heed(fleet_labels_);
            learning_ = true;
            steps_.expect();
            boost::asio::post(learning_loop_, [this, batch, router = listeners_.router()] {
                if (!batch->rivals) return learn(batch, std::nullopt);
                compare_versions(engine_, model_->spec, std::move(batch->rivals), batch->labels, router,
                                 [this, batch](std::optional<wire::TrialCounts> trial) {
                                     // An engine may answer inside a piece; learning is one of its own.
                                     boost::asio::post(learning_loop_, [this, batch, trial] { learn(batch, trial); });
                                 });
            });
        });
}

// On the learning thread.
void LocalModel::learn(const std::shared_ptr<Batch>& batch, std::optional<wire::TrialCounts> trial) {
    const auto on_learned = [this, batch, trial](Result<Learned> learned) {
        Step step = step_of(std::move(learned), batch->next);
        step.trial = trial;
        steps_.post([this, batch, step = std::move(step)]() mutable { on_step(std::move(step), batch->labels); });
    };
    run_piece_([&] { policy_->learn(batch->labels, on_learned); });
}

LocalModel::Step LocalModel::step_of(Result<Learned> learned, feedback::SnapshotVersion version) const {
    if (!learned) return {std::move(learned), {}, nullptr};
    return {std::move(learned), policy_->checkpoint(), snapshot_of_policy(version)};
}

void LocalModel::end_learning() {
    if (std::exchange(has_turn_, false)) listeners_.done_learning();
}

// A trigger holds several times what it leaves behind, in thousands of small pieces, and so do updates and versions, in
// chunks: for the next one, if that begins at once. Nor is an installation left to a step that may never come: as long
// as it is unsettled a disk that damages the version before takes along what was learned since.
void LocalModel::give_back_soon() {
    const auto now = std::chrono::steady_clock::now();
    if (!busy_since_) busy_since_ = now;
    quiet_.expires_at(std::min(now + kUseAgain, *busy_since_ + kUseAgainMost));  // work that follows puts it off
    quiet_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code stopped) {
        if (stopped || alive.expired()) return;
        busy_since_.reset();
        stores_.thread.run(
            [&spool = stores_.spool] {
                spool.let_go_weights();
                give_back_freed_memory();
                return true;
            },
            [](bool) {});
        if (!unsettled_ || working_ || finishing_) return;
        working_ = true;
        settle([this] { end_work(); });
    });
}

// They are about what was served until now.
std::vector<DriftAlarm> LocalModel::numbered(std::vector<DriftAlarm> alarms) const {
    for (DriftAlarm& alarm : alarms) {
        alarm.at = Clock::now();
        alarm.global = checkpoint_.version.global;
        alarm.local = checkpoint_.version.local;
    }
    alarms_.number(alarms);
    return alarms;
}

void LocalModel::on_step(Step step, const std::vector<feedback::LabelledSample>& batch) {
    learning_ = false;
    end_learning();
    if (!step.learned) return on_not_learned(step.learned.error(), batch);
    note_trial(step.trial);
    const Learned& learned = *step.learned;
    failures_ = 0;
    engine_trouble_.clear();
    if (listeners_.labelled) listeners_.labelled(learned.readings);
    // With the totals, before the commit: whoever looks meanwhile sees each label once.
    unconsumed_ -= std::min<std::uint64_t>(unconsumed_, learned.consumed.size());
    const std::vector<DriftAlarm> alarms = numbered(learned.alarms);
    const feedback::PrequentialNumbers before = *std::exchange(prequential_, learned.report.prequential);
    const feedback::PrequentialNumbers& numbers = learned.report.prequential;
    checkpoint_.version.local += 1;
    checkpoint_.totals.steps += learned.accepted ? 1 : 0;
    checkpoint_.totals.examples += learned.report.trained_rows;
    checkpoint_.totals.labelled += numbers.labelled - before.labelled;
    checkpoint_.totals.errors += errors_in(numbers) - errors_in(before);
    checkpoint_.learning_rate = learned.report.learning_rate;
    checkpoint_.reason = learned.report.reason;

    Checkpoint checkpoint = checkpoint_now();
    checkpoint.learner = std::move(step.learner);
    auto job = [this, consumed = learned.consumed, errors = learned.errors, alarms, checkpoint = std::move(checkpoint),
                snapshot = std::move(step.snapshot), settles = unsettled_,
                committed = false]() mutable -> Result<std::shared_ptr<const Snapshot>> {
        // Once, although a full disk repeats all this.
        if (!committed) SKERRY_TRY(commit(stores_.labels, checkpoint, consumed, errors, alarms));
        committed = true;
        if (settles) SKERRY_TRY(stores_.spool.finish_install());
        return snapshot;
    };
    on_disk(std::move(job), [this, accepted = learned.accepted, report = learned.report,
                             alarms](std::shared_ptr<const Snapshot> snapshot) {
        unsettled_ = false;
        publish(std::move(snapshot));
        trigger_time_ = Clock::now() - trigger_began_;
        last_report_ = report;
        listeners_.learned(report);
        alarms_.add(alarms);
        for (const DriftAlarm& alarm : alarms)
            listeners_.alarmed(alarm);
        if (!alarms.empty()) listeners_.tell(DriftSeen{});
        if (accepted) listeners_.tell(StepLearned{});
        end_work();
    });
}

}  // namespace skerry::node
