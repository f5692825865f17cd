#include "edge-node/serving/stages/serving_engine.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/parameters/map_shape.hpp"
#include "common/threads/loop_bell.hpp"
#include "edge-node/serving/stages/engine_work.hpp"

namespace skerry::node {
namespace {

using Instant = StagedRequest::Instant;

/// What a request may hold on its way: its samples, and for each row the largest map between two stages.
std::size_t bytes_of(const StagedRequest& request) {
    const parameters::ModelSpec& spec = request.snapshot->model->spec;
    const std::size_t map =
        std::max(parameters::map_after(spec, Tier::Light).values(), parameters::map_after(spec, Tier::Medium).values());
    return sizeof(StagedRequest) + request.samples.size() * (spec.input.sample_bytes() + map * sizeof(float));
}

std::vector<StagedRow> rows_of(const std::shared_ptr<StagedRequest>& request) {
    std::vector<StagedRow> rows(request->samples.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].request = request;
        rows[i].index = i;
    }
    return rows;
}

}  // namespace

struct ServingEngine::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, StageWorkers& threads, const ServingConfig& limits)
        : loop(io),
          workers(threads),
          config(limits),
          work({limits.batching ? limits.batch_max : 1, limits.latency_budget}, [this] { finished.ring(); }),
          finished(io, [this] { deliver(); }),
          timer(io) {}

    boost::asio::io_context& loop;
    StageWorkers& workers;
    const ServingConfig config;
    EngineWork work;    // guarded by workers.mutex()
    LoopBell finished;  ///< heard while anything is with the workers, which keeps the loop running

    // The loop's own.
    std::size_t pending = 0;
    std::size_t pending_bytes = 0;
    std::size_t audits_pending = 0;
    bool draining = false;
    bool destroyed = false;
    std::function<void()> on_empty;
    StageScratch scratch;
    std::multimap<Instant, std::weak_ptr<StagedRequest>> deadlines;  ///< of requests that are with the workers
    boost::asio::steady_timer timer;
    Instant timer_is_set = Instant::max();

    [[nodiscard]] bool takes(std::size_t bytes) const {
        const bool fits = pending == 0 || pending_bytes + bytes <= config.queue_bytes_max;
        return !draining && pending < config.queue_requests_max && fits;
    }

    /// With the mutex held. The loop runs a stage itself when nothing waits there and it ends before `until`, or when a
    /// deadline cannot wait for a worker that is busy with something else.
    [[nodiscard]] bool runs_here(Tier stage, const std::vector<StagedRow>& rows, Instant now, Instant until) const {
        const StageQueues& queues = work.queues();
        const std::chrono::nanoseconds time = queues.times(stage).expected(rows.size());
        if (time.count() == 0) return false;  // nobody knows yet
        if (queues.waiting(stage) == 0 && rows.size() <= queues.batch_rows(stage) && now + time < until) return true;
        return stage == Tier::Light && rows.front().request->deadline && workers.all_busy() &&
               time < config.latency_budget;
    }

    void begin(const std::shared_ptr<StagedRequest>& request) {
        Tier stage = Tier::Light;
        std::vector<StagedRow> rows = rows_of(request);
        Instant now = std::chrono::steady_clock::now();
        const Instant until = now + config.inline_below;
        std::unique_lock lock(workers.mutex());
        while (!rows.empty() && runs_here(stage, rows, now, until)) {
            StageBatch batch{stage, std::move(rows), work.queues().after(stage, now)};
            lock.unlock();
            std::vector<StageOutcome> outcomes = run_stage(batch, scratch);
            const Instant ended = std::chrono::steady_clock::now();
            lock.lock();
            rows = work.settle(std::move(batch), std::move(outcomes), ended - now, ended);
            now = ended;
            stage = static_cast<Tier>(static_cast<std::size_t>(stage) + 1);
        }
        const std::size_t handed_over = rows.size();
        if (handed_over > 0) work.push(stage, std::move(rows));
        lock.unlock();
        if (handed_over == 0) return deliver();
        for (std::size_t i = 0; i < std::min(handed_over, config.workers); ++i)
            workers.wake();
        finished.listen();
        if (request->deadline) watch(request);
    }

    void deliver() {
        if (destroyed) return;
        EngineWork::Finished done_work;
        {
            const std::lock_guard lock(workers.mutex());
            done_work = work.take_finished();
        }
        const auto self = shared_from_this();  // answered() may end the engine
        for (const std::shared_ptr<StagedRequest>& request : done_work.requests) {
            --pending;
            pending_bytes -= request->bytes;
            if (request->deadline) unwatch(*request);
            request->answered();
            if (destroyed) return;
        }
        for (auto& [done, exits] : done_work.audits) {
            --audits_pending;
            done(std::move(exits));
            if (destroyed) return;
        }
        if (pending + audits_pending == 0) {
            finished.hush();
        } else {
            finished.listen();
        }
        if (draining && pending == 0 && on_empty) boost::asio::post(loop, std::exchange(on_empty, nullptr));
    }

    void watch(const std::shared_ptr<StagedRequest>& request) {
        deadlines.emplace(*request->deadline, request);
        set_timer();
    }

    void unwatch(const StagedRequest& request) {
        const auto [first, last] = deadlines.equal_range(*request.deadline);
        for (auto it = first; it != last;)
            it = it->second.expired() || it->second.lock().get() == &request ? deadlines.erase(it) : std::next(it);
        if (deadlines.empty()) {
            timer.cancel();
            timer_is_set = Instant::max();
        }
    }

    /// Set again only for an earlier time: a later one is found when it fires.
    void set_timer() {
        const Instant at = deadlines.begin()->first - kReplyTime;
        if (at >= timer_is_set) return;
        timer_is_set = at;
        timer.expires_at(at);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self && !self->destroyed) self->deadlines_came();
        });
    }

    void deadlines_came() {
        timer_is_set = Instant::max();
        const Instant due = std::chrono::steady_clock::now() + kReplyTime;
        {
            const std::lock_guard lock(workers.mutex());
            while (!deadlines.empty() && deadlines.begin()->first <= due) {
                // One that has not been through its light stage is answered by it, late.
                if (const auto request = deadlines.begin()->second.lock()) static_cast<void>(work.close(request));
                deadlines.erase(deadlines.begin());
            }
        }
        if (!deadlines.empty()) set_timer();
        deliver();
    }
};

ServingEngine::ServingEngine(boost::asio::io_context& loop, StageWorkers& workers, const ServingConfig& config)
    : state_(std::make_shared<State>(loop, workers, config)) {
    workers.add(state_->work);
}

ServingEngine::~ServingEngine() {
    state_->workers.remove(state_->work);
    state_->destroyed = true;
    state_->work.clear();
    state_->timer.cancel();
    state_->finished.hush();
}

bool ServingEngine::submit(const std::shared_ptr<StagedRequest>& request) {
    const std::size_t bytes = bytes_of(*request);
    if (!state_->takes(bytes)) return false;
    request->bytes = bytes;
    request->rows_open = request->samples.size();
    request->answers.resize(request->samples.size());
    ++state_->pending;
    state_->pending_bytes += bytes;
    state_->begin(request);
    return true;
}

bool ServingEngine::has_room() const {
    return state_->takes(0);
}

bool ServingEngine::audit(std::shared_ptr<const Snapshot> snapshot, Bytes sample, OnExits done) {
    if (state_->draining) return false;
    {
        const std::lock_guard lock(state_->workers.mutex());
        if (!state_->work.push(EngineWork::Audit{std::move(snapshot), std::move(sample), std::move(done)}))
            return false;
    }
    ++state_->audits_pending;
    state_->finished.listen();
    state_->workers.wake_idle();
    return true;
}

void ServingEngine::drain(std::function<void()> on_empty) {
    state_->draining = true;
    if (state_->pending == 0) return boost::asio::post(state_->loop, std::move(on_empty));
    state_->on_empty = std::move(on_empty);
}

std::size_t ServingEngine::pending() const {
    return state_->pending;
}

std::size_t ServingEngine::audits_pending() const {
    return state_->audits_pending;
}

std::array<StageNumbers, kTiers> ServingEngine::numbers() const {
    const std::lock_guard lock(state_->workers.mutex());
    return state_->work.numbers(std::chrono::steady_clock::now());
}

}  // namespace skerry::node
