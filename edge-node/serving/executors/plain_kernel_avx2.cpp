// Compiled with -mavx2: run only where best_kernel() has found it.
#include "edge-node/serving/executors/plain_kernel_tile.hpp"

namespace skerry::node::plain {

void run_avx2(const KernelRow& row) {
    run_row<4>(row);
}

}  // namespace skerry::node::plain
