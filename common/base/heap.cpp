#include "common/base/heap.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace skerry {

void keep_heap_small() {
#ifdef __GLIBC__
    constexpr int kLargeBytes = 128 * 1024;
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);  // a fixed one: glibc raises its own with each large buffer that is freed
    ::mallopt(M_TRIM_THRESHOLD, kLargeBytes);
#endif
}

}  // namespace skerry
