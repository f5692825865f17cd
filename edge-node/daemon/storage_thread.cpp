#include "edge-node/daemon/storage_thread.hpp"

#include "common/threads/helper_thread.hpp"

namespace skerry::node {

StorageThread::StorageThread(boost::asio::io_context& loop, std::function<bool()> goes_on)
    : results_(loop), goes_on_(std::move(goes_on)), thread_([this] { work(); }) {}

void StorageThread::enqueue(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    given_.notify_one();
}

void StorageThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    given_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void StorageThread::work() {
    become_helper();
    bool dropping = false;
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock(mutex_);
            given_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        dropping = dropping || (goes_on_ && !goes_on_());
        if (!dropping) job();
    }
}

}  // namespace skerry::node
