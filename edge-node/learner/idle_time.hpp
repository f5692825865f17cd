#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <sys/types.h>
#include <thread>

#include "edge-node/learner/scheduling_choice.hpp"

namespace skerry::node {

/// Runs one piece of work to its end, on whichever thread suits. What the piece throws, it throws.
using RunPiece = std::function<void(const std::function<void()>& piece)>;

/// Work in pieces of milliseconds, on processor time that nobody else wants: on a thread of the kernel's idle class, or
/// on the caller's own while that class gets nothing (scheduling_choice.hpp). Two threads, because leaving the idle
/// class needs a privilege and merely not using it does not. A piece that starves half-way is taken out of the class
/// where that is allowed (root, or LimitNICE= of the unit), else waited for, so pieces are to be short. run() is for
/// one thread at a time. Cost: two switches and a line of /proc/stat, about 30 µs a piece.
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
    SchedulingChoice::Time spare_{0};  ///< of the machine since it started, when it was last read
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void()>* piece_ = nullptr;  ///< not begun, or in progress
    std::exception_ptr thrown_;
    SchedulingChoice::Time computed_{0};
    bool stopping_ = false;
    pid_t worker_ = 0;      ///< its thread id, once it has begun
    bool rescued_ = false;  ///< it was taken out of the idle class for the piece in progress
    std::thread thread_;    ///< last: it uses all the above
};

}  // namespace skerry::node
