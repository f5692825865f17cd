#include "edge-node/serving/stages/stage_queues.hpp"

#include <algorithm>
#include <utility>

namespace skerry::node {
namespace {

/// A row that is due counts this much more than one that has its whole budget left.
constexpr int kUrgencyMax = 100;
/// Above all that urgency and efficiency can give.
constexpr double kBeforeAll = 1e6;

double seconds(StageTimes::Duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

StageQueues::StageQueues(const StagePolicy& policy)
    : policy_(policy),
      stages_{Stage{{}, {policy.batch_rows_max, policy.latency_budget / kTiers}, StageTimes(policy.batch_rows_max)},
              Stage{{}, {policy.batch_rows_max, policy.latency_budget / kTiers}, StageTimes(policy.batch_rows_max)},
              Stage{{}, {policy.batch_rows_max, policy.latency_budget / kTiers}, StageTimes(policy.batch_rows_max)}} {}

StageQueues::Instant StageQueues::due(const StagedRow& row) const {
    return row.request->deadline.value_or(row.request->arrived + policy_.latency_budget);
}

void StageQueues::push(Tier stage, StagedRow row) {
    std::deque<StagedRow>& rows = at(stage).rows;
    const auto before = [this](const StagedRow& a, const StagedRow& b) {
        const bool a_must = a.request->deadline.has_value();
        const bool b_must = b.request->deadline.has_value();
        return a_must != b_must ? a_must : due(a) < due(b);
    };
    const auto place = std::upper_bound(rows.begin(), rows.end(), row, before);
    rows.insert(place, std::move(row));
}

std::size_t StageQueues::rows_of_next_batch(const Stage& stage, Instant now) const {
    std::size_t rows = std::min(stage.rows.size(), stage.limit.rows());
    // The first one's deadline is not given away for the company of others.
    if (const auto deadline = stage.rows.front().request->deadline) {
        while (rows > 1 && now + stage.times.expected(rows) > *deadline)
            --rows;
    }
    return rows;
}

double StageQueues::worth(const Stage& stage, Instant now) const {
    if (stage.rows.empty()) return 0;
    const StagedRequest& first = *stage.rows.front().request;
    if (first.deadline && &stage == stages_.data()) return kBeforeAll;
    const std::size_t rows = rows_of_next_batch(stage, now);
    const Duration time = stage.times.expected(rows);
    const Duration left = due(stage.rows.front()) - now - time;
    const double urgency =
        seconds(policy_.latency_budget) / seconds(std::max(left, Duration(policy_.latency_budget / kUrgencyMax)));
    const Duration full = stage.times.expected(stage.limit.rows());
    if (time.count() == 0 || full.count() == 0) return urgency;
    // Rows a second, as a share of what a full batch gives.
    const double efficiency =
        (static_cast<double>(rows) / seconds(time)) / (static_cast<double>(stage.limit.rows()) / seconds(full));
    return urgency * efficiency;
}

double StageQueues::worth(Instant now) const {
    double most = 0;
    for (const Stage& stage : stages_)
        most = std::max(most, worth(stage, now));
    return most;
}

std::optional<StageBatch> StageQueues::pop(Instant now) {
    const auto best = std::max_element(stages_.begin(), stages_.end(),
                                       [&](const Stage& a, const Stage& b) { return worth(a, now) < worth(b, now); });
    if (best->rows.empty()) return std::nullopt;
    StageBatch batch;
    batch.stage = static_cast<Tier>(best - stages_.begin());
    batch.next_stage = after(batch.stage, now);
    const std::size_t rows = rows_of_next_batch(*best, now);
    const Snapshot* const snapshot = best->rows.front().request->snapshot.get();
    for (auto row = best->rows.begin(); row != best->rows.end() && batch.rows.size() < rows;) {
        if (row->request->snapshot.get() != snapshot) {
            ++row;
            continue;
        }
        batch.rows.push_back(std::move(*row));
        row = best->rows.erase(row);
    }
    return batch;
}

void StageQueues::report(Tier stage, std::size_t rows, Duration time, Instant now) {
    at(stage).times.add(rows, time, now);
    at(stage).limit.report(rows, time);
}

void StageQueues::forget(const StagedRequest& request) {
    for (Stage& stage : stages_)
        std::erase_if(stage.rows, [&](const StagedRow& row) { return row.request.get() == &request; });
}

void StageQueues::clear() {
    for (Stage& stage : stages_)
        stage.rows.clear();
}

bool StageQueues::empty() const {
    return std::all_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.rows.empty(); });
}

StageQueues::Duration StageQueues::after(Tier stage, Instant now) const {
    if (stage == Tier::Heavy) return Duration{0};
    return times(static_cast<Tier>(static_cast<std::size_t>(stage) + 1)).p95(now);
}

}  // namespace skerry::node
