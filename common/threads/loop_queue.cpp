#include "common/threads/loop_queue.hpp"

#include <utility>

#include "common/base/error.hpp"

namespace skerry {

LoopQueue::LoopQueue(boost::asio::io_context& loop) : bell_(loop, [this] { run(); }) {}

void LoopQueue::expect() {
    ++expected_;
    bell_.listen();
}

void LoopQueue::put(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    bell_.ring();
}

void LoopQueue::run() {
    // One at a turn: a job may end this object, or throw.
    std::function<void()> job;
    {
        const std::lock_guard lock(mutex_);
        if (!jobs_.empty()) {
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        if (!jobs_.empty()) bell_.ring();
    }
    if (job) {
        SKERRY_ASSERT(expected_ > 0);
        --expected_;
    }
    if (expected_ > 0) bell_.listen();
    if (job) job();
}

}  // namespace skerry
