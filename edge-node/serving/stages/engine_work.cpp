#include "edge-node/serving/stages/engine_work.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

constexpr std::size_t kAuditsMax = 256;
constexpr std::size_t kAuditBytesMax = std::size_t{8} << 20U;

}  // namespace

void EngineWork::work(std::unique_lock<std::mutex>& lock, StageScratch& scratch) {
    std::optional<StageBatch> batch = queues_.pop(std::chrono::steady_clock::now());
    if (!queues_.empty()) more_waits();
    if (batch) run_batch(std::move(*batch), lock, scratch);
    tell_finished(lock);
}

void EngineWork::tell_finished(std::unique_lock<std::mutex>& lock) {
    const bool finished = !finished_.requests.empty() || !finished_.audits.empty();
    if (!finished || std::exchange(told_, true)) return;
    lock.unlock();
    on_finished_();
    lock.lock();
}

void EngineWork::run_batch(StageBatch batch, std::unique_lock<std::mutex>& lock, StageScratch& scratch) {
    const Tier stage = batch.stage;
    lock.unlock();
    const Instant began = std::chrono::steady_clock::now();
    std::vector<StageOutcome> outcomes = run_stage(batch, scratch);
    const Instant now = std::chrono::steady_clock::now();
    lock.lock();
    std::vector<StagedRow> rows = settle(std::move(batch), std::move(outcomes), now - began, now);
    if (!rows.empty()) push(static_cast<Tier>(static_cast<std::size_t>(stage) + 1), std::move(rows));
}

void EngineWork::idle(std::unique_lock<std::mutex>& lock, IdleThread& thread, ClassifyScratch& scratch) {
    Audit audit = std::move(audits_.front());
    audits_.pop_front();
    audit_bytes_ -= audit.sample.size();
    lock.unlock();
    auto scaled = parameters::scaled_values(audit.snapshot->model->spec.input, audit.sample);
    SKERRY_ASSERT(scaled.has_value());  // it was checked when its request was read
    ServingEngine::Exits exits;
    thread.run([&] { exits = all_exits(*audit.snapshot, std::move(*scaled), scratch); });
    audit.snapshot.reset();
    lock.lock();
    finished_.audits.emplace_back(std::move(audit.done), std::move(exits));
    tell_finished(lock);
}

bool EngineWork::push(Audit audit) {
    if (audits_.size() >= kAuditsMax || audit_bytes_ + audit.sample.size() > kAuditBytesMax) return false;
    audit_bytes_ += audit.sample.size();
    audits_.push_back(std::move(audit));
    return true;
}

void EngineWork::push(Tier stage, std::vector<StagedRow> rows) {
    for (StagedRow& row : rows)
        queues_.push(stage, std::move(row));
}

std::vector<StagedRow> EngineWork::settle(StageBatch batch, std::vector<StageOutcome> outcomes,
                                          std::chrono::nanoseconds took, Instant now) {
    queues_.report(batch.stage, batch.rows.size(), took, now);
    StageNumbers& numbers = numbers_[static_cast<std::size_t>(batch.stage)];
    ++numbers.batches;
    numbers.rows += batch.rows.size();
    numbers.busy += took;
    ++batches_;
    std::vector<StagedRow> going_on;
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        StagedRow& row = batch.rows[i];
        if (row.request->closed) continue;
        if (std::exchange(row.request->batch, batches_) != batches_) row.request->computing += took;
        const bool goes_on = outcomes[i].next.has_value();
        record(row, std::move(outcomes[i]));
        if (goes_on) {
            going_on.push_back(std::move(row));
        } else if (--row.request->rows_open == 0) {
            finish(std::move(row.request));
        }
    }
    return going_on;
}

bool EngineWork::close(const std::shared_ptr<StagedRequest>& request) {
    const auto& answers = request->answers;
    const auto answered = [](const Answer& answer) { return answer.glances[0].has_value(); };
    if (request->closed || !std::all_of(answers.begin(), answers.end(), answered)) return request->closed;
    queues_.forget(*request);
    finish(request);
    return true;
}

void EngineWork::finish(std::shared_ptr<StagedRequest> request) {
    request->closed = true;
    finished_.requests.push_back(std::move(request));
}

void EngineWork::clear() {
    queues_.clear();
    audits_.clear();
    finished_ = {};
}

std::array<StageNumbers, kTiers> EngineWork::numbers(Instant now) const {
    std::array<StageNumbers, kTiers> all = numbers_;
    for (std::size_t stage = 0; stage < kTiers; ++stage) {
        const auto tier = static_cast<Tier>(stage);
        all[stage].waiting = queues_.waiting(tier);
        all[stage].batch_rows = queues_.batch_rows(tier);
        all[stage].p95 = queues_.times(tier).p95(now);
    }
    return all;
}

}  // namespace skerry::node
