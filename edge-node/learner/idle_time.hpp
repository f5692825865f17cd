#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "edge-node/learner/scheduling_choice.hpp"

namespace skerry::node {

/// Runs one piece of work to its end, on whichever thread suits. What the piece throws, it throws.
using RunPiece = std::function<void(const std::function<void()>& piece)>;

/// Work in pieces of milliseconds, on processor time that nobody else wants: on a thread of the kernel's idle class, or
/// on the caller's own while that class gets nothing (scheduling_choice.hpp). Two threads, because leaving the idle
/// class needs a privilege and merely not using it does not; a piece that starves is waited for, so pieces are to be
/// short. run() is for one thread at a time. Cost: two switches, about 10 µs a piece.
class IdleTime {
public:
    /// `prepare` is called once on the idle thread before its first piece.
    explicit IdleTime(std::function<void()> prepare);
    ~IdleTime();
    IdleTime(const IdleTime&) = delete;
    IdleTime& operator=(const IdleTime&) = delete;

    void run(const std::function<void()>& piece);

private:
    void work(const std::function<void()>& prepare);
    /// Lets the idle thread run it. Returns how long that thread computed.
    SchedulingChoice::Time hand_over(const std::function<void()>& piece);

    SchedulingChoice choice_;
    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void()>* piece_ = nullptr;  ///< not begun, or in progress
    std::exception_ptr thrown_;
    SchedulingChoice::Time computed_{0};
    bool stopping_ = false;
    std::thread thread_;  ///< last: it uses all the above
};

}  // namespace skerry::node
