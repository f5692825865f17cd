#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace boost::asio {
class io_context;
}

namespace skerry::coordinator {

/// One thread beside the loop, for what takes longer than a message may wait: hashing, decrypting, summing, writing
/// blobs. Jobs run in order; each gives what to do on the loop's thread afterwards.
class Worker {
public:
    using Continuation = std::function<void()>;
    using Job = std::function<Continuation()>;

    /// `loop` outlives it.
    explicit Worker(boost::asio::io_context& loop);
    /// Finishes the job that is running; jobs that have not begun are dropped, and so is every continuation.
    ~Worker();

    /// From the loop's thread only.
    void run(Job job);

private:
    void serve();

    boost::asio::io_context& loop_;
    std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);  ///< continuations ask it on the loop's thread
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::thread thread_;  // last member: runs on all of the above
};

}  // namespace skerry::coordinator
