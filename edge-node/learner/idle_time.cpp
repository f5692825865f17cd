#include "edge-node/learner/idle_time.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <utility>

namespace skerry::node {
namespace {

using Time = SchedulingChoice::Time;

constexpr std::chrono::milliseconds kStarving{500};

void enter(pid_t thread, int policy) {
    const sched_param none{};
    // Anybody may enter the idle class; where a container forbids even that, the thread works like its caller. Leaving
    // it needs a privilege (sched(7), RLIMIT_NICE).
    static_cast<void>(::sched_setscheduler(thread, policy, &none));
}

// What all processors together had nothing to do since the machine started: user nice system idle iowait (proc(5)).
Time spare_time() {
    std::ifstream file("/proc/stat");
    std::string cpu;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
    if (!(file >> cpu >> user >> nice >> system >> idle >> waiting)) return Time(0);
    const auto ticks = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
    return Time(1'000'000'000 / ticks * (idle + waiting));
}

Time computed_by_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

IdleTime::IdleTime(std::function<void()> prepare, SchedulingChoice choice)
    : choice_(choice), spare_(spare_time()), thread_([this, prepare = std::move(prepare)] { work(prepare); }) {}

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
    judge(began, computed);
    if (auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
}

void IdleTime::judge(Clock::time_point began, Time computed) {
    const auto now = Clock::now();
    const Time spare = spare_time();
    choice_.after({now - began, computed, now - judged_, spare - spare_});
    judged_ = now;
    spare_ = spare;
}

Time IdleTime::hand_over(const std::function<void()>& piece) {
    std::unique_lock lock(mutex_);
    piece_ = &piece;
    changed_.notify_all();
    while (!changed_.wait_for(lock, kStarving, [this] { return piece_ == nullptr; })) {
        if (worker_ == 0 || std::exchange(rescued_, true)) continue;
        enter(worker_, SCHED_BATCH);
    }
    return computed_;
}

void IdleTime::work(const std::function<void()>& prepare) {
    prepare();
    enter(0, SCHED_IDLE);
    std::unique_lock lock(mutex_);
    worker_ = ::gettid();
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
        if (std::exchange(rescued_, false)) enter(0, SCHED_IDLE);
        piece_ = nullptr;
        changed_.notify_all();
    }
}

}  // namespace skerry::node
