#include "coordinator/service/worker.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace skerry::coordinator {

Worker::Worker(boost::asio::io_context& loop) : loop_(loop), thread_([this] { serve(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Worker::run(Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void Worker::serve() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        boost::asio::post(loop_, [alive = std::weak_ptr(alive_), continuation = job()] {
            if (!alive.expired()) continuation();
        });
        job = nullptr;  // what it holds goes before we sleep
        lock.lock();
    }
}

}  // namespace skerry::coordinator
