#include "aggregation/kernels/fold_loops.hpp"

namespace skerry::aggregation::kernels {

const Kernels kBaseline = {fold_loop<Fold::Set>, fold_loop<Fold::Add>, fold_loop<Fold::TakeAway>,
                           together_loop<true>,  together_loop<false>, largest_loop};

const Kernels& best_kernels() {
#if defined(__x86_64__)
    static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
    if (has_avx2) return kAvx2;
#endif
    return kBaseline;
}

}  // namespace skerry::aggregation::kernels
