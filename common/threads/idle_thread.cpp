#include "common/threads/idle_thread.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <sched.h>
#include <unistd.h>
#include <utility>

#include "common/base/error.hpp"

namespace skerry {
namespace {

constexpr std::chrono::milliseconds kStarving{500};
constexpr std::chrono::microseconds kYieldEvery{250};
constexpr int kYieldSignal = SIGURG;  // ignored where nobody asks for it, and so what other runtimes preempt with, too

// Not before it has computed for this long: on a busy machine the timer has always run out by the time that the kernel
// comes back to an idle thread, and one that yields at once never gets anywhere.
constexpr std::chrono::microseconds kComputesBetween{125};

thread_local IdleThread::Time yielded_after{0};

void yield_in_turn(int /*signal*/) {
    const int error = errno;
    if (const auto computed = computed_by_this_thread(); computed - yielded_after >= kComputesBetween) {
        yielded_after = computed;
        ::sched_yield();
    }
    errno = error;
}

// Makes its own thread yield every quarter of a millisecond while it runs.
class YieldTimer {
public:
    YieldTimer() {
        struct sigaction action {};
        action.sa_handler = yield_in_turn;
        action.sa_flags = SA_RESTART;
        ::sigaction(kYieldSignal, &action, nullptr);
        sigset_t ours;
        sigemptyset(&ours);
        sigaddset(&ours, kYieldSignal);
        pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = kYieldSignal;
        event._sigev_un._tid = ::gettid();  // glibc names it sigev_notify_thread_id only from 2.38 on
        exists_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    }
    ~YieldTimer() {
        if (exists_) ::timer_delete(timer_);
    }
    YieldTimer(const YieldTimer&) = delete;
    YieldTimer& operator=(const YieldTimer&) = delete;

    void start() { set(kYieldEvery); }
    void stop() { set(kYieldEvery.zero()); }

private:
    void set(std::chrono::nanoseconds every) {
        const timespec time{.tv_sec = 0, .tv_nsec = every.count()};
        const itimerspec both{.it_interval = time, .it_value = time};
        if (exists_) ::timer_settime(timer_, 0, &both, nullptr);
    }

    bool exists_ = false;
    timer_t timer_{};
};

void enter(pid_t thread, int policy) {
    const sched_param none{};
    static_cast<void>(::sched_setscheduler(thread, policy, &none));
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

IdleThread::Time computed_by_this_thread() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

IdleThread::IdleThread(std::function<void()> prepare) {
    const bool ready = ::sem_init(&begin_, 0, 0) == 0 && ::sem_init(&done_, 0, 0) == 0;
    SKERRY_ASSERT(ready);
    thread_ = std::thread([this, prepare = std::move(prepare)] { work(prepare); });
    wait_for(done_);
}

IdleThread::~IdleThread() {
    piece_ = nullptr;
    ::sem_post(&begin_);
    thread_.join();
    ::sem_destroy(&begin_);
    ::sem_destroy(&done_);
}

IdleThread::Time IdleThread::run(const std::function<void()>& piece) {
    SKERRY_ASSERT(::gettid() != worker_);  // it would wait for itself
    // Anybody may enter it; where a container forbids even that, the thread works like its caller.
    if (!std::exchange(is_idle_, true)) enter(worker_, SCHED_IDLE);
    piece_ = &piece;
    ::sem_post(&begin_);
    while (!wait_for(done_, kStarving)) {
        // Leaving it needs a privilege (sched(7), RLIMIT_NICE).
        if (std::exchange(is_idle_, false)) enter(worker_, SCHED_BATCH);
    }
    if (auto thrown = std::exchange(thrown_, nullptr)) std::rethrow_exception(thrown);
    return computed_;
}

void IdleThread::work(const std::function<void()>& prepare) {
    worker_ = ::gettid();
    if (prepare) prepare();
    YieldTimer timer;
    ::sem_post(&done_);
    for (;;) {
        wait_for(begin_);
        if (piece_ == nullptr) return;
        const Time before = computed_by_this_thread();
        timer.start();
        try {
            (*piece_)();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        timer.stop();
        computed_ = computed_by_this_thread() - before;
        ::sem_post(&done_);
    }
}

}  // namespace skerry
