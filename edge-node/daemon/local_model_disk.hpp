#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "common/observe/disk_failure.hpp"
#include "edge-node/daemon/local_model.hpp"

// How LocalModel reaches its stores; only for its source files.
namespace skerry::node {

/// Which values are shared in another way than the rest; `own_heads`: with the heads of the exits among them.
[[nodiscard]] Sharing sharing_of(const parameters::ParameterLayout& layout, bool own_heads);

[[nodiscard]] inline Checkpoint with_learner(Checkpoint checkpoint, const LearningPolicy& policy) {
    checkpoint.learner = policy.checkpoint();
    return checkpoint;
}

/// What a step has learned from and the checkpoint after it, durably.
[[nodiscard]] inline Result<> commit(feedback::LabelStore& labels, const Checkpoint& checkpoint,
                                     std::span<const std::uint64_t> consumed = {},
                                     std::span<const feedback::JudgedError> errors = {},
                                     std::span<const DriftAlarm> alarms = {}) {
    const Bytes head = checkpoint.head();
    const ByteView parts[] = {head, checkpoint.learner};
    return labels.commit_step({consumed, parts, Clock::now(), errors, alarms});
}

/// Ends a drop: the errors up to now are as little reported again as the labels that `totals` counts.
[[nodiscard]] inline Result<> finish_drop(const LocalModel::Stores& stores, Totals totals) {
    totals.error_cursor = SKERRY_TRY(stores.labels.errors().judged());
    return stores.spool.finish_drop(totals);
}

/// Ends a rollback; as a drop does with errors.
[[nodiscard]] inline Result<RolledBack> finish_rollback(const LocalModel::Stores& stores, Totals totals) {
    totals.error_cursor = SKERRY_TRY(stores.labels.errors().judged());
    return stores.spool.finish_rollback(totals, Clock::now());
}

/// Runs `job` on the storage thread, then `done` on the loop with its value. A disk without room is tried again until
/// there is some: a job that failed so has changed nothing, and every job may be repeated. Any other failure ends the
/// process.
template <class Job, class Done>
void LocalModel::on_disk(Job job, Done done) {
    try_on_disk(std::make_shared<Work<Job, Done>>(Work<Job, Done>{std::move(job), std::move(done)}));
}

template <class Job, class Done>
void LocalModel::try_on_disk(std::shared_ptr<Work<Job, Done>> work) {
    auto job = [stores = stores_, work] {
        stores.spool.forget_disk_full();
        stores.labels.forget_disk_full();
        auto result = work->job();
        const bool full = !result && (stores.spool.disk_full() || stores.labels.disk_full());
        return std::pair(std::move(result), full);
    };
    stores_.thread.run(std::move(job), [this, work](auto outcome) {
        auto& [result, full] = outcome;
        if (full) return wait_for_room(result.error(), [this, work] { try_on_disk(work); });
        if (!result) observe::disk_failed(result.error());
        disk_trouble_.clear();
        if constexpr (std::is_same_v<std::invoke_result_t<Job&>, Result<>>) {
            work->done();
        } else {
            work->done(std::move(*result));
        }
    });
}

}  // namespace skerry::node
