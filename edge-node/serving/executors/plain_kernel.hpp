#pragma once

#include <cstddef>

namespace skerry::node::plain {

/// Output channels that are computed together. Packed weights and biases are padded to a multiple of it.
inline constexpr std::size_t kBlock = 16;

/// One row of output pixels of a convolution for one block of output channels:
/// out[pixel][o] = bias[o] + Σ_row Σ_i in[pixel·pixel_stride + row·row_stride + i] · weights[row][i][o].
/// A dense layer is the case of one kernel row, each sample of the batch being a pixel.
struct KernelRow {
    const float* in;
    std::size_t pixel_stride;  ///< from one output pixel's input to the next one's
    std::size_t row_stride;    ///< from one kernel row's input to the next one's
    std::size_t rows;          ///< kernel rows
    std::size_t run;           ///< inputs of one kernel row: they lie side by side
    const float* weights;      ///< shape [rows, run, kBlock]
    const float* bias;         ///< shape [kBlock]
    float* out;
    std::size_t out_stride;  ///< from one output pixel to the next
    std::size_t pixels;
    std::size_t width;  ///< outputs to store, at most kBlock
    bool relu;
};

using Kernel = void (*)(const KernelRow&);

/// The fastest kernel that this processor runs. All give the same bytes.
[[nodiscard]] Kernel best_kernel();

void run_baseline(const KernelRow& row);
#if defined(__x86_64__)
void run_avx2(const KernelRow& row);
#endif

}  // namespace skerry::node::plain
