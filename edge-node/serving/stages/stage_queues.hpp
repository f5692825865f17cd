#pragma once

#include <array>
#include <deque>
#include <optional>

#include "edge-node/serving/stages/batch_limit.hpp"
#include "edge-node/serving/stages/stage_times.hpp"
#include "edge-node/serving/stages/staged_request.hpp"

namespace skerry::node {

struct StagePolicy {
    /// Rows that a stage takes at once, at most; 1: no batching.
    std::size_t batch_rows_max = 16;
    /// How long a request may take; each stage may spend its share of it on one batch.
    std::chrono::nanoseconds latency_budget = std::chrono::milliseconds(10);
};

/// The queues of one model, one before each stage, and the choice of what is run next: the stage whose rows are most
/// urgent times how much a batch of them gains. What survives a stage waits in the next queue, where it meets the
/// survivors of other batches. A free worker always gets work; nothing waits for a batch to fill.
///
/// Rows with a deadline go before those without, the nearest first; one that has no answer yet goes before all deeper
/// work. Deterministic: owns no thread, clock or weights. Not thread-safe.
class StageQueues {
public:
    using Instant = StagedRequest::Instant;
    using Duration = StageTimes::Duration;

    explicit StageQueues(const StagePolicy& policy);

    void push(Tier stage, StagedRow row);
    /// The batch to run now: rows of one snapshot. Nothing: no row waits.
    [[nodiscard]] std::optional<StageBatch> pop(Instant now);
    /// How much pop() is worth now, to choose between models; 0: no row waits.
    [[nodiscard]] double worth(Instant now) const;
    /// A batch of this stage took so long.
    void report(Tier stage, std::size_t rows, Duration time, Instant now);
    /// Its answer has left: what of it still waits is dropped.
    void forget(const StagedRequest& request);
    void clear();

    [[nodiscard]] bool empty() const;
    [[nodiscard]] std::size_t waiting(Tier stage) const { return at(stage).rows.size(); }
    [[nodiscard]] std::size_t batch_rows(Tier stage) const { return at(stage).limit.rows(); }
    [[nodiscard]] const StageTimes& times(Tier stage) const { return at(stage).times; }
    /// What a batch of the stage behind this one takes, to 95 %; 0 behind the last, and where nobody knows.
    [[nodiscard]] Duration after(Tier stage, Instant now) const;

private:
    struct Stage {
        std::deque<StagedRow> rows;  ///< the most urgent first
        BatchLimit limit;
        StageTimes times;
    };
    [[nodiscard]] Stage& at(Tier stage) { return stages_[static_cast<std::size_t>(stage)]; }
    [[nodiscard]] const Stage& at(Tier stage) const { return stages_[static_cast<std::size_t>(stage)]; }
    [[nodiscard]] Instant due(const StagedRow& row) const;
    [[nodiscard]] double worth(const Stage& stage, Instant now) const;
    [[nodiscard]] std::size_t rows_of_next_batch(const Stage& stage, Instant now) const;

    StagePolicy policy_;
    std::array<Stage, kTiers> stages_;
};

}  // namespace skerry::node
