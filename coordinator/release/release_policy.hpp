#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace skerry::coordinator {

/// Whether versions go to a few nodes first, and for how long.
struct ReleasePolicy {
    /// The share of the nodes that can compare versions which gets each new version before all others. 0: versions
    /// are published at once.
    double canary_share = 0;
    /// At least so many, or the version is published at once. No node decides alone, so three are the fewest of which
    /// one may lie.
    std::uint64_t canaries_min = 3;
    /// A version that is not shown to be worse by then is published.
    std::chrono::milliseconds trial_time{std::chrono::hours(1)};
    /// So are versions that have been compared on so many labelled samples, whichever canary's are left out.
    std::uint64_t trial_samples = 2000;
};

}  // namespace skerry::coordinator
