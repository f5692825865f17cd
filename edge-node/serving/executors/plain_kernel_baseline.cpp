#include "edge-node/serving/executors/plain_kernel_tile.hpp"

namespace skerry::node::plain {

#if defined(__x86_64__)
constexpr std::size_t kTilePixels = 2;  // sixteen registers of four floats
#else
constexpr std::size_t kTilePixels = 4;
#endif

void run_baseline(const KernelRow& row) {
    run_row<kTilePixels>(row);
}

Kernel best_kernel() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") != 0) return run_avx2;
#endif
    return run_baseline;
}

}  // namespace skerry::node::plain
