#pragma once

#include <functional>
#include <map>
#include <utility>

#include "common/base/time.hpp"

namespace skerry::simulation {

/// The virtual clock and everything that is still to happen. Time passes only from one task to the next; tasks of the
/// same moment run in the order in which they were put down.
class Timeline {
public:
    using Task = std::function<void()>;

    explicit Timeline(TimePoint start) : now_(start) {}

    [[nodiscard]] TimePoint now() const { return now_; }
    /// A time that is past means now.
    void at(TimePoint when, Task task) { tasks_.emplace(std::pair(std::max(when, now_), next_++), std::move(task)); }
    void after(std::chrono::milliseconds pause, Task task) { at(now_ + pause, std::move(task)); }

    /// False: nothing is left to happen.
    bool run_next() {
        if (tasks_.empty()) return false;
        const auto first = tasks_.begin();
        now_ = first->first.first;
        const Task task = std::move(first->second);
        tasks_.erase(first);
        task();
        return true;
    }

private:
    TimePoint now_;
    std::uint64_t next_ = 0;
    std::map<std::pair<TimePoint, std::uint64_t>, Task> tasks_;
};

}  // namespace skerry::simulation
