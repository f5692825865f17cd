// Compiled with -mavx2: run only where best_kernels() has found it.
#include "aggregation/kernels/fold_loops.hpp"

namespace skerry::aggregation::kernels {

const Kernels kAvx2 = {fold_loop<Fold::Set>, fold_loop<Fold::Add>, fold_loop<Fold::TakeAway>,
                       together_loop<true>,  together_loop<false>, largest_loop};

}  // namespace skerry::aggregation::kernels
