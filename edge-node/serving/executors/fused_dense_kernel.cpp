// Compiled for fused multiply-add: as fused_kernel.cpp, and only where best_kernel() has found it.
#include "edge-node/serving/executors/fused_kernel.hpp"

namespace skerry::node::fused {
namespace {

typedef float Eight __attribute__((vector_size(32), aligned(4)));
typedef float Four __attribute__((vector_size(16), aligned(4)));
constexpr std::size_t kEight = 8;
constexpr std::size_t kFour = 4;

Eight eight_at(const float* address) {
    return *reinterpret_cast<const Eight*>(address);
}
Four four_at(const float* address) {
    return *reinterpret_cast<const Four*>(address);
}

Four halved(Eight values) {
    return __builtin_shufflevector(values, values, 0, 1, 2, 3) + __builtin_shufflevector(values, values, 4, 5, 6, 7);
}

/// Of each its sum.
Four sums_of(Four a, Four b, Four c, Four d) {
    const Four ab = __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
    const Four cd = __builtin_shufflevector(c, d, 0, 2, 4, 6) + __builtin_shufflevector(c, d, 1, 3, 5, 7);
    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

/// kFour outputs from `first` on, of `kSamples` samples: each weight and each input is loaded once for all of them. Few
/// samples leave registers free: the inputs are then split over `kSplits` sums.
template <std::size_t kSamples, std::size_t kSplits>
inline void run_four(const Dense& layer, std::size_t first, const float* const* in, float* const* out) {
    const std::size_t inputs = layer.inputs;
    const float* const weights = layer.weights + first * inputs;
    Eight sums[kSplits][kSamples][kFour] = {};
    std::size_t i = 0;
    for (; i + kSplits * kEight <= inputs; i += kSplits * kEight) {
        for (std::size_t s = 0; s < kSplits; ++s) {
            Eight values[kSamples];
            for (std::size_t p = 0; p < kSamples; ++p)
                values[p] = eight_at(in[p] + i + s * kEight);
            for (std::size_t o = 0; o < kFour; ++o) {
                const Eight weight = eight_at(weights + o * inputs + i + s * kEight);
                for (std::size_t p = 0; p < kSamples; ++p)
                    sums[s][p][o] += weight * values[p];
            }
        }
    }
    for (std::size_t p = 0; p < kSamples; ++p) {
        Four parts[kFour];
        for (std::size_t o = 0; o < kFour; ++o) {
            for (std::size_t s = 1; s < kSplits; ++s)
                sums[0][p][o] += sums[s][p][o];
            parts[o] = halved(sums[0][p][o]);
        }
        std::size_t j = i;
        for (; j + kFour <= inputs; j += kFour) {
            const Four values = four_at(in[p] + j);
            for (std::size_t o = 0; o < kFour; ++o)
                parts[o] += four_at(weights + o * inputs + j) * values;
        }
        Four sum = sums_of(parts[0], parts[1], parts[2], parts[3]) + four_at(layer.bias + first);
        for (; j < inputs; ++j) {
            const Four column = {weights[j], weights[inputs + j], weights[2 * inputs + j], weights[3 * inputs + j]};
            sum += column * in[p][j];
        }
        if (layer.relu) sum = sum > 0 ? sum : Four{};
        *reinterpret_cast<Four*>(out[p] + first) = sum;
    }
}

/// One output of one sample.
float run_one(const Dense& layer, std::size_t output, const float* in) {
    const float* const weights = layer.weights + output * layer.inputs;
    Eight sums = {};
    std::size_t i = 0;
    for (; i + kEight <= layer.inputs; i += kEight)
        sums += eight_at(weights + i) * eight_at(in + i);
    const Four parts = halved(sums);
    float sum = layer.bias[output] + (parts[0] + parts[1]) + (parts[2] + parts[3]);
    for (; i < layer.inputs; ++i)
        sum += weights[i] * in[i];
    return layer.relu && !(sum > 0) ? 0.0F : sum;
}

}  // namespace

void run_dense(const Dense& layer) {
    constexpr std::size_t kMost = 3;
    const std::size_t tiles = (layer.samples + kMost - 1) / kMost;
    for (std::size_t first = 0; first < layer.outputs; first += kFour) {
        const bool four = first + kFour <= layer.outputs;
        for (std::size_t t = 0, sample = 0; t < tiles; ++t) {
            const std::size_t end = (t + 1) * layer.samples / tiles;
            const float* in[kMost] = {};
            float* out[kMost] = {};
            for (std::size_t p = 0; sample + p < end; ++p) {
                in[p] = layer.in + (sample + p) * layer.in_stride;
                out[p] = layer.out + (sample + p) * layer.out_stride;
            }
            if (!four) {
                for (std::size_t p = 0; sample + p < end; ++p) {
                    for (std::size_t o = first; o < layer.outputs; ++o)
                        out[p][o] = run_one(layer, o, in[p]);
                }
            } else if (end - sample == 1) {
                run_four<1, 2>(layer, first, in, out);
            } else if (end - sample == 2) {
                run_four<2, 1>(layer, first, in, out);
            } else {
                run_four<3, 1>(layer, first, in, out);
            }
            sample = end;
        }
    }
}

}  // namespace skerry::node::fused
