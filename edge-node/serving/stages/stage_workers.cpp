#include "edge-node/serving/stages/stage_workers.hpp"

#include "common/base/error.hpp"
#include "common/threads/helper_thread.hpp"

namespace skerry::node {

void WorkSource::more_waits() {
    workers_->wake();
}

StageWorkers::StageWorkers(std::size_t threads) {
    const std::lock_guard lock(mutex_);  // nobody counts them before they are all there
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this] { run(); });
    idler_ = std::thread([this] { run_idle(); });
}

StageWorkers::~StageWorkers() {
    {
        const std::lock_guard lock(mutex_);
        SKERRY_ASSERT(sources_.empty());
        stopping_ = true;
    }
    changed_.notify_all();
    idle_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
    idler_.join();
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

WorkSource* StageWorkers::next_idle() {
    if (busy_ > 0 || most_worth() != nullptr) return nullptr;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        WorkSource* const source = sources_[(next_idle_ + i) % sources_.size()];
        if (!source->idles()) continue;
        next_idle_ += i;
        return source;
    }
    return nullptr;
}

void StageWorkers::run() {
    become_helper();
    StageScratch scratch;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        WorkSource* const source = most_worth();
        if (source == nullptr) {
            if (next_idle() != nullptr) idle_.notify_one();
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

void StageWorkers::run_idle() {
    become_helper();
    IdleThread thread;
    ClassifyScratch scratch;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        WorkSource* const source = next_idle();
        if (source == nullptr) {
            idle_.wait(lock);
            continue;
        }
        ++next_idle_;
        ++source->workers_inside_;
        source->idle(lock, thread, scratch);
        --source->workers_inside_;
        left_.notify_all();
    }
}

}  // namespace skerry::node
