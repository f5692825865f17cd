#include "common/threads/idle_time.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

namespace skerry {

using Time = SchedulingChoice::Time;

Time spare_time() {
    std::ifstream file("/proc/stat");
    std::string cpu;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
    if (!(file >> cpu >> user >> nice >> system >> idle >> waiting)) return Time(0);
    const auto ticks = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
    return Time(1'000'000'000 / ticks * (idle + waiting));
}

IdleTime::IdleTime(std::function<void()> prepare, SchedulingChoice choice)
    : choice_(choice), spare_(spare_time()), thread_(std::move(prepare)) {}

void IdleTime::run(const std::function<void()>& piece) {
    const auto began = Clock::now();
    if (!std::exchange(begun_, true)) choice_.begin(began - judged_, spare_time() - spare_);
    std::exception_ptr thrown;
    Time computed{0};
    try {
        if (choice_.now() == SchedulingChoice::Class::Idle) {
            computed = thread_.run(piece);
        } else {
            const Time before = computed_by_this_thread();
            piece();
            computed = computed_by_this_thread() - before;
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    judge(began, computed);
    if (thrown) std::rethrow_exception(thrown);
}

void IdleTime::judge(Clock::time_point began, Time computed) {
    const auto now = Clock::now();
    const Time spare = spare_time();
    choice_.after({now - began, computed, now - judged_, spare - spare_});
    judged_ = now;
    spare_ = spare;
}

}  // namespace skerry
