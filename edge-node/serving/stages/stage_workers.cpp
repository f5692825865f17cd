#include "edge-node/serving/stages/stage_workers.hpp"

#include "common/base/error.hpp"

namespace skerry::node {

void WorkSource::more_waits() {
    workers_->wake();
}

StageWorkers::StageWorkers(std::size_t threads) {
    const std::lock_guard lock(mutex_);  // nobody counts them before they are all there
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this] { run(); });
}

StageWorkers::~StageWorkers() {
    {
        const std::lock_guard lock(mutex_);
        SKERRY_ASSERT(sources_.empty());
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void StageWorkers::add(WorkSource& source) {
    const std::lock_guard lock(mutex_);
    source.workers_ = this;
    sources_.push_back(&source);
}

void StageWorkers::remove(WorkSource& source) {
    std::unique_lock lock(mutex_);
    std::erase(sources_, &source);
    left_.wait(lock, [&source] { return source.workers_inside_ == 0; });
}

WorkSource* StageWorkers::most_worth() const {
    const auto now = std::chrono::steady_clock::now();
    WorkSource* best = nullptr;
    double most = 0;
    for (WorkSource* source : sources_) {
        const double worth = source->worth(now);
        if (worth > most) {
            most = worth;
            best = source;
        }
    }
    return best;
}

void StageWorkers::run() {
    StageScratch scratch;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        WorkSource* const source = most_worth();
        if (source == nullptr) {
            changed_.wait(lock);
            continue;
        }
        ++busy_;
        ++source->workers_inside_;
        source->work(lock, scratch);
        --source->workers_inside_;
        --busy_;
        left_.notify_all();
    }
}

}  // namespace skerry::node
