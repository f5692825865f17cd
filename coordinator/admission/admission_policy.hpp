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
};

}  // namespace skerry::coordinator
