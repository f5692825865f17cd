#pragma once

#include <algorithm>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/threads/idle_time.hpp"
#include "edge-node/daemon/checkpoint.hpp"
#include "edge-node/daemon/storage_thread.hpp"
#include "edge-node/learning/alarm_book.hpp"
#include "edge-node/learning/learning_policy.hpp"
#include "edge-node/learning/version_trial.hpp"
#include "edge-node/memory/memory_budget.hpp"
#include "edge-node/serving/snapshot.hpp"
#include "edge-node/session/events.hpp"
#include "edge-node/spool/arriving_file.hpp"
#include "edge-node/spool/spool.hpp"
#include "feedback/label_store.hpp"

namespace skerry::node {

/// The one owner of the node's weights: they learn from labels, are shared as updates and are rebased on versions, one
/// of these at a time, each durable before the next begins. Serving only ever sees the snapshots it publishes.
///
///     trigger   unconsumed labels → policy → {checkpoint, consumption} in one commit → snapshot → StepLearned
///     take      progress since the last update → sealed, in the spool → UpdateSpooled
///     install   self-test → begin_install → snapshot → VersionInstalled; with the next trigger, or before an order
///     that
///               needs it, or some seconds later: rebased weights in the checkpoint → finish_install
///     rollback  begin_rollback → the version's weights in the checkpoint → finish_rollback → snapshot → ProgressUndone
///
/// A full disk pauses all of this, not serving, until there is room. A disk that fails otherwise ends the process: what
/// is durable is read back at the next start. Loop thread only; once begin() has returned, spool and store are touched
/// on the storage thread alone, and the policy thinks about a trigger, as its engine, on the learning thread.
class LocalModel {
public:
    struct Stores {
        StorageThread& thread;
        Spool& spool;
        feedback::LabelStore& labels;
        ArrivingFile& arriving;
    };
    struct Learning {
        boost::asio::io_context& loop;  ///< the learning thread's, which ends before the LocalModel does
        LearningEngine& engine;         ///< lives there
        LearningConfig config;
        RunPiece run = [](const std::function<void()>& piece) { piece(); };  ///< there, what takes milliseconds
    };
    struct Listeners {
        std::function<void(std::shared_ptr<const Snapshot>)> publish;
        std::function<void(Event)> tell;  ///< the session, where there is one
        std::function<void(const LearningReport&)> learned;
        std::function<std::array<std::uint64_t, kTiers>()> answered;  ///< since begin(), by tier
        std::function<bool()> sharing;                                ///< Session::sharing()
        /// The memory for putting a version in the place of another; after a no, consider() is called in the same way.
        std::function<Result<MemoryLease>()> memory_for_install = [] { return MemoryLease(); };
        /// The engine may learn now; after a no, consider() is called when that may have changed.
        std::function<bool()> may_learn = [] { return true; };
        std::function<void()> done_learning = [] {};            ///< the engine rests; once for each yes of may_learn
        std::function<void(const LabelledLogits&)> labelled{};  ///< before the step's snapshot is published
        std::function<wire::AuditCounts()> audits = [] { return wire::AuditCounts(); };  ///< what an update takes along
        std::function<void(const DriftAlarm&)> alarmed = [](const DriftAlarm&) {};       ///< it is durable
        /// That answers are routed by now.
        std::function<std::shared_ptr<const Router>()> router = [] { return std::make_shared<const Router>(); };
    };

    LocalModel(boost::asio::io_context& loop, Stores stores, std::shared_ptr<const Model> model, Learning learning,
               std::chrono::milliseconds version_patience, ExecutorFactory executors,
               const crypto::SigningKey& identity);

    /// Reads back what is durable and finishes what a crash interrupted, or what a damaged update leaves to be done:
    /// its bytes are moved into `aside`, a folder. Blocks; once, before the loop runs.
    [[nodiscard]] Result<> restore(const std::filesystem::path& aside);
    /// From here on, `listeners` hear what happens; the restored snapshot is published first, where there is one.
    void begin(Listeners listeners);

    /// Something that learning waits for may have come.
    void consider() { pump(); }
    /// The disk is full: what this has of it and does not need, it gives back.
    void make_room();
    /// Labels have become durable.
    void labels_arrived(std::size_t count);
    /// One of KeepReceipt, TakeUpdate, PutBack, DropProgress, StoreModelChunk, InstallVersion, KeepKeys,
    /// KeepCertificate: done in the order of the calls, after a step that is being learned.
    void perform(Action order);
    /// What the fleet's heavy exits say of each class: the next trigger learns from it.
    void heed(wire::SoftLabels fleet) { fleet_labels_ = std::move(fleet); }
    /// This node is a canary of a version, or of none: labels that come are asked of it and of the one before it, where
    /// both are kept.
    void heed(const HeedTrial& order);
    /// What came of that since then or since begin(); nothing: it is no canary.
    [[nodiscard]] const std::optional<wire::TrialCounts>& trial() const { return trial_; }
    /// Undoes local learning, durably: the weights are the installed version's, own heads too; what no update holds is
    /// dropped, the update without a receipt withdrawn, the optimiser's memory forgotten, e = 1. Labels that wait are
    /// learned on it. After what is under way or ordered. `done` is called once, perhaps at once. Conflict: no version
    /// is installed, or another rollback is not done yet. NotFound: `to` is another than the installed one.
    /// Unavailable: the disk is full, or this process is stopping. Internal: the version's weights can't be read. Then
    /// nothing has changed, unless the message says that the next start does it: a disk that fills up half-way is
    /// waited for.
    using OnRolledBack = std::function<void(const Result<RolledBack>&)>;
    void roll_back(std::optional<ModelVersion> to, OnRolledBack done);
    /// From here on none begins; one that can't go on is answered. Before whoever asked is waited for.
    void refuse_rollbacks();
    /// The last one; nothing: there was none.
    [[nodiscard]] const std::optional<RolledBack>& rolled_back() const { return rolled_back_; }

    /// Calls `then` once nothing is under way that would be lost; no trigger and no rollback begins from now on.
    void finish(std::function<void()> then);

    /// Labels that are durable and not learned yet; those of a step that is being committed are learned already, as in
    /// checkpoint().
    [[nodiscard]] std::uint64_t unconsumed() const { return unconsumed_; }
    [[nodiscard]] bool learning() const { return learning_; }
    [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
    /// Samples answered since the node was created, by tier.
    [[nodiscard]] std::array<std::uint64_t, kTiers> answered() const;
    [[nodiscard]] std::uint64_t steps_unsent() const {
        return checkpoint_.totals.steps - std::min(checkpoint_.totals.steps, sent_.steps);
    }
    [[nodiscard]] const std::optional<LearningReport>& last_report() const { return last_report_; }
    [[nodiscard]] const std::optional<feedback::PrequentialNumbers>& prequential() const { return prequential_; }
    /// How long the last trigger took, from its labels to its snapshot.
    [[nodiscard]] std::chrono::milliseconds trigger_time() const { return trigger_time_; }
    /// Why the engine could not learn the last time it was asked; empty: it could.
    [[nodiscard]] const std::string& engine_trouble() const { return engine_trouble_; }
    /// Why nothing can be stored for the moment; empty: it can.
    [[nodiscard]] const std::string& disk_trouble() const { return disk_trouble_; }
    /// Labels, since begin(), that no engine could learn from: consumed, so that those behind them are learned.
    [[nodiscard]] std::uint64_t labels_dropped() const { return labels_dropped_; }
    /// The newest alarms, and which of them the coordinator does not know.
    [[nodiscard]] const AlarmBook& alarms() const { return alarms_; }
    /// The coordinator has this node's alarms up to this number on record.
    void alarms_are_known(std::uint64_t number) { alarms_.known(number); }
    [[nodiscard]] const LearningConfig& config() const { return config_; }

private:
    /// What a trigger came to, made on the learning thread.
    struct Step {
        Result<Learned> learned;
        Bytes learner;                                     ///< the policy's checkpoint
        Result<std::shared_ptr<const Snapshot>> snapshot;  ///< of the weights after it
        std::optional<wire::TrialCounts> trial{};          ///< what its labels say of a version on trial
    };

    void pump();
    void end_work();
    [[nodiscard]] bool has_memory_for(const Action& order);

    [[nodiscard]] bool waits_for_version();
    void begin_trigger();
    /// What a trigger begins with.
    struct Batch {
        std::vector<feedback::LabelledSample> labels;
        std::shared_ptr<const Rivals> rivals;  ///< null: no version is on trial here, or they have been asked
        feedback::SnapshotVersion next;        ///< of the snapshot after it
    };
    [[nodiscard]] Result<std::shared_ptr<const Rivals>> rivals(ModelVersion against, ModelVersion on_trial);
    void learn(const std::shared_ptr<Batch>& batch, std::optional<wire::TrialCounts> trial);
    void note_trial(const std::optional<wire::TrialCounts>& counts);
    [[nodiscard]] std::vector<DriftAlarm> numbered(std::vector<DriftAlarm> alarms) const;
    void end_learning();
    [[nodiscard]] Step step_of(Result<Learned> learned, feedback::SnapshotVersion version) const;
    void on_step(Step step, const std::vector<feedback::LabelledSample>& batch);
    void on_not_learned(const Error& error, const std::vector<feedback::LabelledSample>& batch);
    void drop(const std::vector<feedback::LabelledSample>& batch);

    // local_model_orders.cpp
    void work_on(TakeUpdate& order);
    void store_arriving(std::function<bool(ArrivingFile&)> store);
    /// Ends the last installation, where no trigger has: its weights into the checkpoint, then finish_install.
    void settle(std::function<void()> then);
    void work_on(InstallVersion& order);
    void work_on(DropProgress& order);
    void work_on(PutBack& order);
    void work_on(KeepReceipt& order);
    void work_on(KeepKeys& order);
    void work_on(KeepCertificate& order);
    template <class Other>
    void work_on(Other&) {
        end_work();
    }

    // local_model_rollback.cpp
    struct RollBack {
        std::optional<ModelVersion> to;
        OnRolledBack done;  ///< empty: was answered before its end
        bool under_way = false;
    };
    void begin_rollback();
    void answer_rollback(const Result<RolledBack>& result);
    void excuse_rollback();
    void undo_learning(std::vector<float> weights);
    [[nodiscard]] Result<> finish_interrupted_rollback();

    // local_model_restore.cpp, with restore()
    [[nodiscard]] Result<> restore_policy(ByteView stored);
    [[nodiscard]] Result<> start_again();
    [[nodiscard]] Result<> give_up_damaged_versions();
    [[nodiscard]] Result<> let_go_damaged(std::size_t count);
    [[nodiscard]] Result<std::optional<Sequence>> give_up_damaged(const std::filesystem::path& aside);
    [[nodiscard]] Result<> finish_committed_install();
    [[nodiscard]] Result<> finish_unfinished(const Unfinished& unfinished, bool checkpoint_was_read);

    // local_model_heads.cpp
    [[nodiscard]] Result<> settle_heads();

    [[nodiscard]] Result<> adopt(SharedWeights weights);
    [[nodiscard]] Result<> adopt(std::vector<float> weights) { return adopt(shared(std::move(weights))); }
    [[nodiscard]] Checkpoint checkpoint_now();
    [[nodiscard]] Result<std::shared_ptr<const Snapshot>> snapshot_of_policy(feedback::SnapshotVersion version) const;
    void publish(std::shared_ptr<const Snapshot> snapshot);
    template <class Job, class Done>
    struct Work {
        Job job;
        Done done;
    };
    template <class Job, class Done>
    void on_disk(Job job, Done done);
    template <class Job, class Done>
    void try_on_disk(std::shared_ptr<Work<Job, Done>> work);
    void give_back_soon();
    void wait_for_room(const Error& error, std::function<void()> then);

    LoopQueue steps_;  ///< from the learning thread
    Stores stores_;
    std::shared_ptr<const Model> model_;
    boost::asio::io_context& learning_loop_;
    const RunPiece run_piece_;
    LearningEngine& engine_;
    LearningConfig config_;
    Sharing sharing_;
    std::chrono::milliseconds version_patience_;
    ExecutorFactory executors_;
    const crypto::SigningKey& identity_;
    Listeners listeners_;

    std::unique_ptr<LearningPolicy> policy_;  ///< null before the first version; the learning thread's while learning_
    bool learning_ = false;
    std::optional<feedback::PrequentialNumbers> prequential_;  ///< the policy's, before the trigger that runs
    std::array<std::uint64_t, kTiers> answered_before_{};      ///< what begin() found
    Checkpoint checkpoint_;                                    ///< but for `learner`, which is the policy's
    Totals sent_;                                              ///< at the last update
    std::uint64_t unconsumed_ = 0;
    std::optional<LearningReport> last_report_;
    AlarmBook alarms_;
    std::optional<wire::TrialCounts> trial_;  ///< of the version that this node is a canary of
    ModelVersion trial_against_;
    wire::SoftLabels fleet_labels_;  ///< empty: nothing was told since the start
    std::chrono::milliseconds trigger_time_{0};
    TimePoint trigger_began_{};
    std::string engine_trouble_;
    std::string disk_trouble_;
    unsigned failures_ = 0;  ///< of the same batch, by an engine that is there
    std::uint64_t labels_dropped_ = 0;

    std::deque<Action> orders_;
    std::optional<RollBack> rollback_;  ///< waits, or is under way
    bool refusing_rollbacks_ = false;
    std::optional<RolledBack> rolled_back_;
    bool working_ = false;
    /// A version was begun and is served, and is not finished: the checkpoint on the disk is one of before it, and
    /// after a crash restore() makes of that, of the version before and of the updates what is in memory now.
    bool unsettled_ = false;
    MemoryLease installing_;  ///< while a version is being installed
    bool has_turn_ = false;   ///< may_learn said yes, and done_learning has not been called
    bool finishing_ = false;
    std::function<void()> then_;
    boost::asio::steady_timer retry_;
    boost::asio::steady_timer room_;
    boost::asio::steady_timer quiet_;                                  ///< after work
    std::optional<std::chrono::steady_clock::time_point> busy_since_;  ///< memory went back last

    /// Since when the progress that is due or on its way is waited for; nothing while none is.
    std::optional<TimePoint> waiting_since_;
    boost::asio::steady_timer patience_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// One sentence for status and log.
[[nodiscard]] std::string rollback_sentence(const RolledBack& done);

}  // namespace skerry::node
