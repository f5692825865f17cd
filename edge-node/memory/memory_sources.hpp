#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <sys/types.h>

namespace skerry::node {

/// Where the numbers about memory come from: /proc, or a test.
struct MemorySources {
    /// What a process holds and the kernel cannot take back, in bytes; nothing: it is gone, or unreadable.
    std::function<std::optional<std::uint64_t>(pid_t)> memory_of;
    /// The time that some task of the machine has stalled for memory, since its start; nothing: not known here.
    std::function<std::optional<std::chrono::microseconds>()> stalled;

    [[nodiscard]] static MemorySources of_system();
};

/// Anonymous and shared pages (RssAnon, RssShmem), of the text of /proc/PID/status; what node and learner share is
/// counted in both. Mapped files are left out: the kernel drops them when it needs their memory. From counters: the
/// kernel walks all page tables for smaps_rollup, 10 ms for a node and more for a learner, in which the loop answers
/// nobody. Nothing: not that text. proc(5).
[[nodiscard]] std::optional<std::uint64_t> memory_in_status(std::string_view text);
/// The total of the line "some" of /proc/pressure/memory.
[[nodiscard]] std::optional<std::chrono::microseconds> stalled_in_pressure(std::string_view text);

/// The least of memory.max and memory.high of the control group (version 2) that a process is in and of all above it;
/// nothing: no limit, or no such group. `membership`: /proc/self/cgroup. `mount`: where the groups are.
[[nodiscard]] std::optional<std::uint64_t> cgroup_limit(const std::filesystem::path& membership = "/proc/self/cgroup",
                                                        const std::filesystem::path& mount = "/sys/fs/cgroup");

}  // namespace skerry::node
