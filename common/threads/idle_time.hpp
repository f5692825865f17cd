#pragma once

#include "common/threads/idle_thread.hpp"
#include "common/threads/scheduling_choice.hpp"

namespace skerry {

/// Runs one piece of work to its end, on whichever thread suits. What the piece throws, it throws.
using RunPiece = std::function<void(const std::function<void()>& piece)>;

/// How long all processors of the machine together had nothing to do since it started (proc(5), /proc/stat); 0 where
/// that cannot be read. Not only those that this process may use: where others are free it is hoped in vain, which
/// costs a trial (scheduling_choice.hpp).
[[nodiscard]] SchedulingChoice::Time spare_time();

/// Work in pieces of milliseconds, on processor time that nobody else wants: on an IdleThread, or on the caller's own
/// while the idle class gets nothing (scheduling_choice.hpp). Two threads, because leaving that class needs a privilege
/// and merely not using it does not. run() is for one thread at a time. Cost: two switches and a line of /proc/stat,
/// about 30 µs a piece.
class IdleTime {
public:
    /// `prepare` is called once on the idle thread before its first piece.
    explicit IdleTime(std::function<void()> prepare, SchedulingChoice choice = SchedulingChoice());

    void run(const std::function<void()>& piece);

private:
    using Clock = std::chrono::steady_clock;

    /// What the class is judged by, after a piece that began then.
    void judge(Clock::time_point began, SchedulingChoice::Time computed);

    SchedulingChoice choice_;
    bool begun_ = false;
    Clock::time_point judged_ = Clock::now();
    SchedulingChoice::Time spare_;  ///< of the machine since it started, when it was last read
    IdleThread thread_;
};

}  // namespace skerry
