#pragma once

#include "edge-node/serving/executors/plain_kernel.hpp"

// The kernel's body, compiled once for each instruction set by the file that includes it. Everything is in an unnamed
// namespace and nothing of the standard library is used: a function compiled for AVX2 must never be the one copy that
// the linker keeps for a processor without it.
namespace skerry::node::plain {
namespace {

// Eight floats, loaded from any float's address; the compiler splits it where registers are narrower.
typedef float Lanes __attribute__((vector_size(32), aligned(4)));
// NOLINTBEGIN(misc-definitions-in-headers): a copy for each file is the purpose
constexpr std::size_t kLanes = 8;
constexpr std::size_t kVectors = kBlock / kLanes;
// NOLINTEND(misc-definitions-in-headers)

/// `kPixels` pixels at once, so that each weight is loaded once for all of them.
template <std::size_t kPixels>
inline void run_tile(const KernelRow& row, std::size_t first) {
    Lanes sums[kPixels][kVectors];
    for (std::size_t p = 0; p < kPixels; ++p) {
        for (std::size_t v = 0; v < kVectors; ++v) {
            sums[p][v] = *reinterpret_cast<const Lanes*>(row.bias + v * kLanes);
        }
    }
    const float* weights = row.weights;
    for (std::size_t r = 0; r < row.rows; ++r) {
        const float* in = row.in + first * row.pixel_stride + r * row.row_stride;
        for (std::size_t i = 0; i < row.run; ++i, weights += kBlock) {
            Lanes weight[kVectors];
            for (std::size_t v = 0; v < kVectors; ++v)
                weight[v] = *reinterpret_cast<const Lanes*>(weights + v * kLanes);
            for (std::size_t p = 0; p < kPixels; ++p) {
                const float value = in[p * row.pixel_stride + i];
                for (std::size_t v = 0; v < kVectors; ++v)
                    sums[p][v] += weight[v] * value;
            }
        }
    }
    for (std::size_t p = 0; p < kPixels; ++p) {
        float* out = row.out + (first + p) * row.out_stride;
        for (std::size_t o = 0; o < row.width; ++o) {
            const float sum = sums[p][o / kLanes][o % kLanes];
            out[o] = row.relu && !(sum > 0) ? 0.0F : sum;
        }
    }
}

/// `kTile` times kVectors sums must fit the registers.
template <std::size_t kTile>
inline void run_row(const KernelRow& row) {
    std::size_t pixel = 0;
    for (; pixel + kTile <= row.pixels; pixel += kTile)
        run_tile<kTile>(row, pixel);
    if (kTile > 2 && row.pixels - pixel == 3) {
        run_tile<3>(row, pixel);
        return;
    }
    if (kTile > 2 && row.pixels - pixel == 2) {
        run_tile<2>(row, pixel);
        return;
    }
    for (; pixel < row.pixels; ++pixel)
        run_tile<1>(row, pixel);
}

}  // namespace
}  // namespace skerry::node::plain
