#include "edge-node/serving/serving_queue.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace skerry::node {
namespace {

struct Job {
    ServingQueue::Work work;
    ServingQueue::Done done;
    std::size_t bytes;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keeps_loop_running;
};

}  // namespace

struct ServingQueue::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, const ServingConfig& limits) : loop(io), config(limits) {}

    boost::asio::io_context& loop;
    const ServingConfig config;

    // The loop's own.
    std::size_t pending = 0;
    bool draining = false;
    bool destroyed = false;
    std::function<void()> on_empty;

    std::mutex mutex;  // for what follows
    std::condition_variable changed;
    std::deque<Job> waiting;
    std::size_t waiting_bytes = 0;
    bool stopping = false;

    std::vector<std::thread> workers;

    void work() {
        ClassifyScratch scratch;
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return stopping || !waiting.empty(); });
            if (stopping) return;
            Job job = std::move(waiting.front());
            waiting.pop_front();
            waiting_bytes -= job.bytes;
            lock.unlock();
            job.work(scratch);
            job.work = nullptr;
            boost::asio::post(loop, [state = shared_from_this(), done = std::move(job.done)] { state->finish(done); });
            job.keeps_loop_running.reset();
            lock.lock();
        }
    }

    /// With the mutex held.
    [[nodiscard]] bool takes(std::size_t bytes) const {
        const bool fits = waiting.empty() || waiting_bytes + bytes <= config.queue_bytes_max;
        return waiting.size() < config.queue_requests_max && fits;
    }

    void finish(const Done& done) {
        if (destroyed) return;
        --pending;
        done();
        if (draining && pending == 0 && on_empty) std::exchange(on_empty, nullptr)();
    }
};

ServingQueue::ServingQueue(boost::asio::io_context& loop, const ServingConfig& config)
    : state_(std::make_shared<State>(loop, config)) {
    for (std::size_t i = 0; i < config.workers; ++i) {
        state_->workers.emplace_back([state = state_.get()] { state->work(); });  // joined before state_ goes
    }
}

ServingQueue::~ServingQueue() {
    state_->destroyed = true;
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->changed.notify_all();
    for (std::thread& worker : state_->workers)
        worker.join();
    state_->waiting.clear();
}

bool ServingQueue::submit(Work work, Done done, std::size_t bytes) {
    if (state_->draining) return false;
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->takes(bytes)) return false;
        state_->waiting.push_back(
            Job{std::move(work), std::move(done), bytes, boost::asio::make_work_guard(state_->loop)});
        state_->waiting_bytes += bytes;
    }
    ++state_->pending;
    state_->changed.notify_one();
    return true;
}

bool ServingQueue::has_room() const {
    const std::lock_guard lock(state_->mutex);
    return !state_->draining && state_->takes(0);
}

void ServingQueue::drain(std::function<void()> on_empty) {
    state_->draining = true;
    if (state_->pending == 0) return boost::asio::post(state_->loop, std::move(on_empty));
    state_->on_empty = std::move(on_empty);
}

std::size_t ServingQueue::pending() const {
    return state_->pending;
}

}  // namespace skerry::node
