#pragma once

#include <atomic>
#include <chrono>

namespace skerry::node {

/// Asks whoever waits on it to come to an end. raise() may be called by any thread and by a signal handler.
class StopSignal {
public:
    StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    ~StopSignal();

    /// For good: it is never lowered again.
    void raise();
    [[nodiscard]] bool raised() const { return raised_; }
    /// Sleeps until then, or until it is raised; true: it is.
    bool wait_until(std::chrono::steady_clock::time_point until) const;

private:
    std::atomic<bool> raised_{false};
    int event_;  ///< an eventfd: readable once raised
};

/// Raised by the next SIGINT or SIGTERM; a second one ends the process at once.
[[nodiscard]] StopSignal& interrupted();

}  // namespace skerry::node
