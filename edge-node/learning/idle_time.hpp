#pragma once

#include <exception>
#include <functional>
#include <semaphore.h>
#include <sys/types.h>
#include <thread>

#include "edge-node/learning/scheduling_choice.hpp"

namespace skerry::node {

/// Runs one piece of work to its end, on whichever thread suits. What the piece throws, it throws.
using RunPiece = std::function<void(const std::function<void()>& piece)>;

/// How long all processors of the machine together had nothing to do since it started (proc(5), /proc/stat); 0 where
/// that cannot be read. Not only those that this process may use: where others are free it is hoped in vain, which
/// costs a trial (scheduling_choice.hpp).
[[nodiscard]] SchedulingChoice::Time spare_time();

/// Work in pieces of milliseconds, on processor time that nobody else wants: on a thread of the kernel's idle class, or
/// on the caller's own while that class gets nothing (scheduling_choice.hpp). Two threads, because leaving the idle
/// class needs a privilege and merely not using it does not. A piece that starves half-way is taken out of the class
/// after half a second where that is allowed (root, or LimitNICE= as the unit has), else waited for: so pieces are to
/// be short. The threads share no lock, which one that starves could hold. run() is for one thread at a time. Cost: two
/// switches and a line of /proc/stat, about 30 µs a piece.
class IdleTime {
public:
    /// `prepare` is called once on the idle thread before its first piece.
    explicit IdleTime(std::function<void()> prepare, SchedulingChoice choice = SchedulingChoice());
    ~IdleTime();
    IdleTime(const IdleTime&) = delete;
    IdleTime& operator=(const IdleTime&) = delete;

    void run(const std::function<void()>& piece);

private:
    using Clock = std::chrono::steady_clock;

    void work(const std::function<void()>& prepare);
    /// What the class is judged by, after a piece that began then.
    void judge(Clock::time_point began, SchedulingChoice::Time computed);
    /// Lets the idle thread run it. Returns how long that thread computed.
    SchedulingChoice::Time hand_over(const std::function<void()>& piece);

    SchedulingChoice choice_;
    Clock::time_point judged_ = Clock::now();
    SchedulingChoice::Time spare_;  ///< of the machine since it started, when it was last read

    // The caller's, but between begin_ and done_: the thread's.
    const std::function<void()>* piece_ = nullptr;  ///< null: the thread ends
    std::exception_ptr thrown_;
    SchedulingChoice::Time computed_{0};
    pid_t worker_ = 0;      ///< its thread id
    bool is_idle_ = false;  ///< it is in the idle class, and nobody has taken it out
    sem_t begin_{}, done_{};
    std::thread thread_;  ///< last: it uses all the above
};

}  // namespace skerry::node
