#include "edge-node/learner/idle_time.hpp"

#include <ctime>
#include <sched.h>
#include <utility>

namespace skerry::node {
namespace {

using Clock = std::chrono::steady_clock;
using Time = SchedulingChoice::Time;

Time computed_by_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

IdleTime::IdleTime(std::function<void()> prepare) : thread_([this, prepare = std::move(prepare)] { work(prepare); }) {}

IdleTime::~IdleTime() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void IdleTime::run(const std::function<void()>& piece) {
    const auto began = Clock::now();
    Time computed{0};
    if (choice_.now() == SchedulingChoice::Class::Idle) {
        computed = hand_over(piece);
    } else {
        piece();
    }
    choice_.after(Clock::now() - began, computed);
    if (auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
}

Time IdleTime::hand_over(const std::function<void()>& piece) {
    std::unique_lock lock(mutex_);
    piece_ = &piece;
    changed_.notify_all();
    changed_.wait(lock, [this] { return piece_ == nullptr; });
    return computed_;
}

void IdleTime::work(const std::function<void()>& prepare) {
    const sched_param none{};
    // Anybody may enter the idle class. Where a container forbids even that, this works like its caller.
    static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &none));
    prepare();
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return piece_ != nullptr || stopping_; });
        if (piece_ == nullptr) return;
        lock.unlock();
        const Time before = computed_by_this_thread();
        std::exception_ptr thrown;
        try {
            (*piece_)();
        } catch (...) {
            thrown = std::current_exception();
        }
        lock.lock();
        computed_ = computed_by_this_thread() - before;
        thrown_ = std::move(thrown);
        piece_ = nullptr;
        changed_.notify_all();
    }
}

}  // namespace skerry::node
