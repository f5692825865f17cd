#pragma once

#include <cstddef>

namespace skerry::node::fused {

/// Output pixels that are computed together: with two vectors of outputs each, their sums fill the registers.
inline constexpr std::size_t kTilePixels = 6;

/// A few output pixels of a convolution, anywhere in the batch, for one block of PackedLayer::kBlock output channels:
/// out[p][o] = bias[o] + Σ_row Σ_i in[p][row·row_stride + i] · weights[row][i][o]. A dense layer is the case of one
/// row, each sample being a pixel.
struct Tile {
    const float* in[kTilePixels];
    float* out[kTilePixels];
    std::size_t pixels;      ///< 1 … kTilePixels
    std::size_t row_stride;  ///< from one kernel row's input to the next one's
    std::size_t rows;        ///< kernel rows
    std::size_t run;         ///< inputs of one kernel row: they lie side by side
    const float* weights;    ///< shape [rows, run, kBlock]
    const float* bias;       ///< shape [kBlock]
    std::size_t width;       ///< outputs to store, at most kBlock
    bool relu;
};

/// A dense layer with its weights as the flat vector has them, so that nothing is packed:
/// out[s][o] = bias[o] + Σ_i in[s][i] · weights[o][i].
struct Dense {
    const float* in;
    std::size_t in_stride;  ///< from one sample to the next
    float* out;
    std::size_t out_stride;
    std::size_t samples;
    const float* weights;  ///< shape [outputs, inputs]
    const float* bias;     ///< shape [outputs]
    std::size_t outputs;
    std::size_t inputs;
    bool relu;
};

using Kernel = void (*)(const Tile&);

/// The fastest kernel that this processor runs; null: it has no fused multiply-add.
[[nodiscard]] Kernel best_kernel();

/// Only where best_kernel() has found it.
void run_tile(const Tile& tile);
/// Only where there is a best_kernel().
void run_dense(const Dense& layer);

}  // namespace skerry::node::fused
