#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "common/threads/loop_bell.hpp"

namespace skerry {

/// Jobs for a loop from other threads, in the order in which they come: what boost::asio::post() is for, but the loop
/// never meets a lock that the poster holds when it wakes (loop_bell.hpp). Dropped with this object: what has not
/// begun.
class LoopQueue {
public:
    /// Throws as LoopBell does.
    explicit LoopQueue(boost::asio::io_context& loop);
    LoopQueue(const LoopQueue&) = delete;
    LoopQueue& operator=(const LoopQueue&) = delete;

    /// Loop thread: one more post() is to come, or has come. The loop keeps running until that job has run.
    void expect();
    /// Any thread. `job` runs on the loop's thread, once it is expected. What it throws, the loop throws.
    template <class Job>
    void post(Job job) {
        put([owned = std::make_shared<Job>(std::move(job))] { (*owned)(); });  // a function<> must be copyable
    }

private:
    void put(std::function<void()> job);
    void run();

    std::size_t expected_ = 0;  ///< the loop's
    std::mutex mutex_;
    std::deque<std::function<void()>> jobs_;
    LoopBell bell_;
};

}  // namespace skerry
