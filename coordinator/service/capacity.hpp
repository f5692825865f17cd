#pragma once

#include <cstddef>

namespace skerry::coordinator {

/// How many connections each socket may hold.
struct Capacity {
    std::size_t fleet = 0;
    std::size_t enrol = 0;
};

/// Divides the descriptors of the process so that no number of peers, with those that the kernel still queues, takes
/// the ones that stores and admin API need: a store that cannot open a file ends the process.
[[nodiscard]] Capacity capacity_of(std::size_t descriptors);

/// What the system grants this process (RLIMIT_NOFILE).
[[nodiscard]] std::size_t descriptors_granted();

}  // namespace skerry::coordinator
