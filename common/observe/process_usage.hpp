#pragma once

#include <cstdint>

namespace skerry::observe {

/// What this process uses now; from /proc/self, zero where that cannot be read. getrusage(2), proc(5).
struct ProcessUsage {
    std::uint64_t resident_memory_bytes = 0;  ///< process_resident_memory_bytes
    double cpu_seconds = 0;                   ///< process_cpu_seconds_total: user and system, all threads
    std::uint64_t open_fds = 0;               ///< process_open_fds
    double start_time_seconds = 0;            ///< process_start_time_seconds: since 1970
};

/// Thread-safe.
[[nodiscard]] ProcessUsage process_usage();

}  // namespace skerry::observe
