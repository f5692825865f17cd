#pragma once

#include <chrono>
#include <cstdint>

namespace skerry::coordinator {

/// When a node goes into quarantine without anybody's word.
struct AdmissionPolicy {
    /// So many refusals that no healthy node earns, within the window. 0: it never does for them.
    std::uint64_t strikes = 3;
    std::chrono::milliseconds strike_window{std::chrono::hours(24)};
    /// An update whose norm is more than so many robust deviations above the fleet's. 0: it never does for that.
    double norm_outlier = 6;
    /// So much that its updates say against a node, at most a quarter each (Opposition): then it is doubted, and goes
    /// into quarantine when that happens again. 0: it never is, and nothing is looked at.
    double opposition = 2;
};

/// What one node may send, however much it has learned. 0: any.
struct BudgetPolicy {
    std::uint64_t updates_per_minute = 600;
    std::uint64_t bytes_per_hour = 16ULL << 30U;
};

}  // namespace skerry::coordinator
