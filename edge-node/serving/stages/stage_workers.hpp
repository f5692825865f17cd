#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "common/threads/idle_thread.hpp"
#include "edge-node/serving/stages/stage_run.hpp"

namespace skerry::node {

class StageWorkers;

/// What there is to do for one model. Every call with the workers' mutex held.
class WorkSource {
public:
    WorkSource() = default;
    WorkSource(const WorkSource&) = delete;
    WorkSource& operator=(const WorkSource&) = delete;
    virtual ~WorkSource() = default;

    /// How much its most valuable work is worth now, between all sources; 0: there is none.
    [[nodiscard]] virtual double worth(std::chrono::steady_clock::time_point now) const = 0;
    /// Does that work, with `lock` let go meanwhile, and held again at the end. Calls more_waits() where it leaves
    /// some.
    virtual void work(std::unique_lock<std::mutex>& lock, StageScratch& scratch) = 0;
    /// There is something for idle time.
    [[nodiscard]] virtual bool idles() const = 0;
    /// Does one piece of that, as work(), what takes long on `thread`.
    virtual void idle(std::unique_lock<std::mutex>& lock, IdleThread& thread, ClassifyScratch& scratch) = 0;

protected:
    /// Another worker is to come, if one is free.
    void more_waits();

private:
    friend class StageWorkers;
    StageWorkers* workers_ = nullptr;
    std::size_t workers_inside_ = 0;
};

/// The threads that run the stages of all models of this process, and one more for idle time: it begins something only
/// while no worker has work, and has an IdleThread compute it. It is not of that class itself: it takes the mutex, and
/// one that stood still with it would stop them all. Thread-safe.
class StageWorkers {
public:
    explicit StageWorkers(std::size_t threads);
    StageWorkers(const StageWorkers&) = delete;
    StageWorkers& operator=(const StageWorkers&) = delete;
    /// Waits for what is being run. Every source has been removed.
    ~StageWorkers();

    /// What the sources share between the loop and the workers is guarded by it. Held for moments only.
    [[nodiscard]] std::mutex& mutex() { return mutex_; }

    /// `source` is borrowed until remove().
    void add(WorkSource& source);
    /// No worker is inside it any more on return.
    void remove(WorkSource& source);
    /// A source has got more work.
    void wake() { changed_.notify_one(); }
    /// A source has got more for idle time.
    void wake_idle() { idle_.notify_one(); }
    /// All of them are at work. With the mutex held.
    [[nodiscard]] bool all_busy() const { return busy_ == threads_.size(); }

private:
    void run();
    void run_idle();
    [[nodiscard]] WorkSource* most_worth() const;
    /// What idle time is given to next, one source after the other; null: nothing, or no time.
    [[nodiscard]] WorkSource* next_idle();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable idle_;
    std::condition_variable left_;
    std::vector<WorkSource*> sources_;
    std::size_t busy_ = 0;
    std::size_t next_idle_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
    std::thread idler_;
};

}  // namespace skerry::node
