#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "common/threads/loop_queue.hpp"

namespace skerry::node {

/// One thread for everything that waits for the disk, so that the loop never does. Jobs run in the order in which
/// they were given; what a job returns comes back to the loop, as long as this object lives. Its owner keeps what jobs
/// use alive until stop().
class StorageThread {
public:
    /// `goes_on`, where given, is asked on this thread before each job; a no drops that job and all later ones, as a
    /// power cut between two jobs would. For tests.
    explicit StorageThread(boost::asio::io_context& loop, std::function<bool()> goes_on = {});
    ~StorageThread() { stop(); }

    /// On the loop's thread. `job` runs here, then `done(result)` there again; the loop keeps running until then.
    template <class Job, class Done>
    void run(Job job, Done done) {
        results_.expect();
        enqueue([this, job = std::move(job), done = std::move(done)]() mutable {
            results_.post([result = job(), done = std::move(done)]() mutable { done(std::move(result)); });
        });
    }

    /// Ends after the jobs that were given. Idempotent.
    void stop();

private:
    void enqueue(std::function<void()> job);
    void work();

    LoopQueue results_;
    std::mutex mutex_;
    std::condition_variable given_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
    std::function<bool()> goes_on_;
    std::thread thread_;  // last: uses all of the above
};

}  // namespace skerry::node
