#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <semaphore.h>
#include <sys/types.h>
#include <thread>

namespace skerry {

/// A thread of the kernel's idle class (SCHED_IDLE, sched(7)): it runs when nothing else does, and is put aside at once
/// when something else has to run. Except where three meet on one processor: when the thread that has put it aside
/// sleeps, the kernel (EEVDF, Linux 6.6 on) goes back to it rather than to a third one that has just run and is owed
/// nothing, and asks again at the next tick of its clock, up to 10 ms later. So while a piece runs, a timer makes this
/// thread yield every quarter of a millisecond in which it has computed: sched_yield(2) in the handler of SIGURG, which
/// is taken for that.
///
/// A piece that starves half-way is taken out of the class after half a second where that is allowed (root, or
/// LimitNICE= as the unit has), else waited for: so pieces are to be short. It shares no lock with the thread that
/// waits for it, and pieces are to take none that others need: what stands still with a lock stops them too. The heap's
/// they do take, for moments.
class IdleThread {
public:
    using Time = std::chrono::nanoseconds;

    /// `prepare` is called once on the thread before its first piece.
    explicit IdleThread(std::function<void()> prepare = {});
    ~IdleThread();
    IdleThread(const IdleThread&) = delete;
    IdleThread& operator=(const IdleThread&) = delete;

    /// Lets the thread run it, and waits. One caller at a time, and none inside a piece. What the piece throws, it
    /// throws. Returns how long it computed. Cost: two switches.
    Time run(const std::function<void()>& piece);

private:
    void work(const std::function<void()>& prepare);

    // The caller's, but between begin_ and done_: the thread's.
    const std::function<void()>* piece_ = nullptr;  ///< null: the thread ends
    std::exception_ptr thrown_;
    Time computed_{0};
    pid_t worker_ = 0;      ///< its thread id
    bool is_idle_ = false;  ///< it is in the idle class, and nobody has taken it out
    sem_t begin_{}, done_{};
    std::thread thread_;  // last: it uses all the above
};

/// How long this thread has computed.
[[nodiscard]] IdleThread::Time computed_by_this_thread();

}  // namespace skerry
