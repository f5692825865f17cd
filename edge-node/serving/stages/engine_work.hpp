#pragma once

#include <array>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "edge-node/serving/stages/serving_engine.hpp"
#include "edge-node/serving/stages/stage_queues.hpp"
#include "edge-node/serving/stages/stage_workers.hpp"

namespace skerry::node {

/// The half of a ServingEngine that the workers see. All of it is guarded by their mutex.
class EngineWork final : public WorkSource {
public:
    using Instant = StagedRequest::Instant;

    struct Audit {
        std::shared_ptr<const Snapshot> snapshot;
        Bytes sample;
        ServingEngine::OnExits done;
    };
    struct Finished {
        std::vector<std::shared_ptr<StagedRequest>> requests;
        std::vector<std::pair<ServingEngine::OnExits, ServingEngine::Exits>> audits;
    };

    /// `on_finished`: a worker has put something into take_finished(). Called once until that is taken, from the
    /// worker's thread, with the mutex let go: whoever wakes then finds it free.
    EngineWork(const StagePolicy& policy, std::function<void()> on_finished)
        : queues_(policy), on_finished_(std::move(on_finished)) {}

    [[nodiscard]] double worth(Instant now) const override { return queues_.worth(now); }
    void work(std::unique_lock<std::mutex>& lock, StageScratch& scratch) override;
    [[nodiscard]] bool idles() const override { return !audits_.empty(); }
    void idle(std::unique_lock<std::mutex>& lock, IdleThread& thread, ClassifyScratch& scratch) override;

    [[nodiscard]] StageQueues& queues() { return queues_; }
    [[nodiscard]] const StageQueues& queues() const { return queues_; }

    void push(Tier stage, std::vector<StagedRow> rows);
    /// Records what a batch has found, in `took`, up to `now`. Returns the rows that go on, all to the next stage.
    [[nodiscard]] std::vector<StagedRow> settle(StageBatch batch, std::vector<StageOutcome> outcomes,
                                                std::chrono::nanoseconds took, Instant now);
    /// The best answers so far are the request's, where each row has one. False: one has none yet.
    bool close(const std::shared_ptr<StagedRequest>& request);

    /// False: enough wait already.
    [[nodiscard]] bool push(Audit audit);

    [[nodiscard]] Finished take_finished() {
        told_ = false;
        return std::exchange(finished_, {});
    }
    /// Drops all that waits.
    void clear();
    [[nodiscard]] std::array<StageNumbers, kTiers> numbers(Instant now) const;

private:
    void run_batch(StageBatch batch, std::unique_lock<std::mutex>& lock, StageScratch& scratch);
    void tell_finished(std::unique_lock<std::mutex>& lock);
    void finish(std::shared_ptr<StagedRequest> request);

    StageQueues queues_;
    std::deque<Audit> audits_;
    std::size_t audit_bytes_ = 0;
    Finished finished_;
    std::function<void()> on_finished_;
    bool told_ = false;
    std::uint64_t batches_ = 0;  ///< of all stages, settled
    std::array<StageNumbers, kTiers> numbers_{};
};

}  // namespace skerry::node
