// Compiled for fused multiply-add: only run_tile, and only where best_kernel() has found it, may be called from
// elsewhere. Everything is in an unnamed namespace and nothing of the standard library is used: a function compiled
// here must never be the one copy that the linker keeps for a processor without these instructions.
#include "edge-node/serving/executors/fused_kernel.hpp"

namespace skerry::node::fused {
namespace {

// Eight floats, loaded from any float's address; the compiler splits it where registers are narrower.
typedef float Lanes __attribute__((vector_size(32), aligned(4)));
constexpr std::size_t kLanes = 8;
constexpr std::size_t kVectors = 2;
constexpr std::size_t kBlock = kLanes * kVectors;

Lanes lanes_at(const float* address) {
    return *reinterpret_cast<const Lanes*>(address);
}

/// Few pixels leave registers free: the inputs are then split over `kSplits` sums, since one sum alone would wait for
/// itself.
template <std::size_t kPixels, std::size_t kSplits>
void run(const Tile& tile) {
    Lanes sums[kSplits][kPixels][kVectors] = {};
    for (std::size_t p = 0; p < kPixels; ++p) {
        for (std::size_t v = 0; v < kVectors; ++v)
            sums[0][p][v] = lanes_at(tile.bias + v * kLanes);
    }
    const float* in[kPixels];
    for (std::size_t p = 0; p < kPixels; ++p)
        in[p] = tile.in[p];
    const float* weights = tile.weights;
    const std::size_t run = tile.run;
    for (std::size_t r = 0; r < tile.rows; ++r) {
        std::size_t i = 0;
        for (; i + kSplits <= run; i += kSplits) {
            for (std::size_t s = 0; s < kSplits; ++s, weights += kBlock) {
                Lanes weight[kVectors];
                for (std::size_t v = 0; v < kVectors; ++v)
                    weight[v] = lanes_at(weights + v * kLanes);
                for (std::size_t p = 0; p < kPixels; ++p) {
                    const float value = in[p][i + s];
                    for (std::size_t v = 0; v < kVectors; ++v)
                        sums[s][p][v] += weight[v] * value;
                }
            }
        }
        for (; i < run; ++i, weights += kBlock) {
            for (std::size_t p = 0; p < kPixels; ++p) {
                for (std::size_t v = 0; v < kVectors; ++v)
                    sums[0][p][v] += lanes_at(weights + v * kLanes) * in[p][i];
            }
        }
        for (std::size_t p = 0; p < kPixels; ++p)
            in[p] += tile.row_stride;
    }
    for (std::size_t p = 0; p < kPixels; ++p) {
        for (std::size_t v = 0; v < kVectors; ++v) {
            Lanes sum = sums[0][p][v];
            for (std::size_t s = 1; s < kSplits; ++s)
                sum += sums[s][p][v];
            if (tile.relu) sum = sum > 0 ? sum : Lanes{};
            float* out = tile.out[p] + v * kLanes;
            if (tile.width >= (v + 1) * kLanes) {
                *reinterpret_cast<Lanes*>(out) = sum;
            } else {
                for (std::size_t o = 0; o + v * kLanes < tile.width; ++o)
                    out[o] = sum[o];
            }
        }
    }
}

}  // namespace

void run_tile(const Tile& tile) {
    switch (tile.pixels) {
        case 1:
            return run<1, 4>(tile);
        case 2:
            return run<2, 2>(tile);
        case 3:
            return run<3, 2>(tile);
        case 4:
            return run<4, 1>(tile);
        case 5:
            return run<5, 1>(tile);
        default:
            return run<6, 1>(tile);
    }
}

}  // namespace skerry::node::fused
