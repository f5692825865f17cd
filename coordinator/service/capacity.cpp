#include "coordinator/service/capacity.hpp"

#include <algorithm>
#include <sys/resource.h>

#include "common/transport/router.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::size_t kDescriptorsMax = 1U << 20U;  // an unlimited process
constexpr std::size_t kKept = 1024;                 // RocksDB 64, SQLite 3, admin API and metrics 64 each; and room
constexpr std::size_t kEnrolMin = 8;
constexpr std::size_t kEnrolMax = 512;  // whoever joins stays for a second
constexpr std::size_t kFleetMax = 65'536;

}  // namespace

Capacity capacity_of(std::size_t descriptors) {
    const std::size_t open = descriptors - std::min(kKept, descriptors / 4);
    Capacity capacity;
    capacity.enrol = std::clamp(open / 16, kEnrolMin, kEnrolMax);
    const std::size_t taken = capacity.enrol + transport::backlog_of(capacity.enrol) + transport::backlog_of(0);
    const std::size_t left = open - std::min(open, taken);
    capacity.fleet = std::clamp<std::size_t>(left / 9 * 8, 1, kFleetMax);  // an eighth of it is its backlog
    return capacity;
}

std::size_t descriptors_granted() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kKept;
    return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, kDescriptorsMax));
}

}  // namespace skerry::coordinator
