#include "edge-node/learning/idle_time.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "common/base/error.hpp"

namespace skerry::node {
namespace {

using Time = SchedulingChoice::Time;

constexpr std::chrono::milliseconds kStarving{500};

void enter(pid_t thread, int policy) {
    const sched_param none{};
    static_cast<void>(::sched_setscheduler(thread, policy, &none));
}

Time computed_by_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void wait_for(sem_t& semaphore) {
    while (::sem_wait(&semaphore) != 0)
        SKERRY_ASSERT(errno == EINTR);
}

// False: the time is over.
bool wait_for(sem_t& semaphore, std::chrono::milliseconds time) {
    // By the wall's clock, which ThreadSanitizer knows (not sem_clockwait): one that is set only moves a rescue.
    timespec until{};
    ::clock_gettime(CLOCK_REALTIME, &until);
    const auto end = std::chrono::nanoseconds(until.tv_nsec) + time;
    until.tv_sec += end / std::chrono::seconds(1);
    until.tv_nsec = (end % std::chrono::seconds(1)).count();
    while (::sem_timedwait(&semaphore, &until) != 0) {
        if (errno == ETIMEDOUT) return false;
        SKERRY_ASSERT(errno == EINTR);
    }
    return true;
}

}  // namespace

Time spare_time() {
    std::ifstream file("/proc/stat");
    std::string cpu;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
    if (!(file >> cpu >> user >> nice >> system >> idle >> waiting)) return Time(0);
    const auto ticks = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
    return Time(1'000'000'000 / ticks * (idle + waiting));
}

IdleTime::IdleTime(std::function<void()> prepare, SchedulingChoice choice) : choice_(choice), spare_(spare_time()) {
    const bool ready = ::sem_init(&begin_, 0, 0) == 0 && ::sem_init(&done_, 0, 0) == 0;
    SKERRY_ASSERT(ready);
    thread_ = std::thread([this, prepare = std::move(prepare)] { work(prepare); });
    wait_for(done_);
}

IdleTime::~IdleTime() {
    piece_ = nullptr;
    ::sem_post(&begin_);
    thread_.join();
    ::sem_destroy(&begin_);
    ::sem_destroy(&done_);
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
    // Anybody may enter it; where a container forbids even that, the thread works like its caller.
    if (!std::exchange(is_idle_, true)) enter(worker_, SCHED_IDLE);
    piece_ = &piece;
    ::sem_post(&begin_);
    while (!wait_for(done_, kStarving)) {
        // Leaving it needs a privilege (sched(7), RLIMIT_NICE).
        if (std::exchange(is_idle_, false)) enter(worker_, SCHED_BATCH);
    }
    return computed_;
}

void IdleTime::work(const std::function<void()>& prepare) {
    worker_ = ::gettid();
    prepare();
    ::sem_post(&done_);
    for (;;) {
        wait_for(begin_);
        if (piece_ == nullptr) return;
        const Time before = computed_by_this_thread();
        try {
            (*piece_)();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        computed_ = computed_by_this_thread() - before;
        ::sem_post(&done_);
    }
}

}  // namespace skerry::node
