#include "edge-node/serving/executors/packed_layer.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace skerry::node {
namespace {

/// Where the layout keeps an output's weights, counted from its first, in the order [rows, run] that kernels read.
std::vector<std::size_t> reading_order(const PackedLayer& packed) {
    const std::size_t channels = packed.in.channels;
    // A row of a convolution's kernel, or, for a dense layer, all of the map. Layouts keep both channel by channel; our
    // maps lie pixel by pixel.
    const std::size_t pixels = packed.run / channels;
    std::vector<std::size_t> order;
    order.reserve(packed.rows * packed.run);
    for (std::size_t row = 0; row < packed.rows; ++row) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            for (std::size_t channel = 0; channel < channels; ++channel)
                order.push_back((channel * packed.rows + row) * pixels + pixel);
        }
    }
    return order;
}

constexpr std::size_t kWidth = PackedLayer::kBlock;

/// Reads `width` streams side by side, in that order, and writes one, with zeroes for those that are missing.
void interleave(const float* from, std::size_t width, std::span<const std::size_t> order, float* to) {
    for (const std::size_t place : order) {
        for (std::size_t o = 0; o < width; ++o)
            to[o] = from[o * order.size() + place];
        std::fill(to + width, to + kWidth, 0.0F);
        to += kWidth;
    }
}

using Four = float __attribute__((vector_size(4 * sizeof(float))));

Four load(const float* from) {
    Four values;
    std::memcpy(&values, from, sizeof values);
    return values;
}

void store(Four values, float* to) {
    std::memcpy(to, &values, sizeof values);
}

/// Four values of each of four streams, `length` apart, to four places, a block apart.
void transpose_square(const float* from, std::size_t length, float* to) {
    const Four a = load(from), b = load(from + length), c = load(from + 2 * length), d = load(from + 3 * length);
    const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    store(__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5), to);
    store(__builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7), to + kWidth);
    store(__builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), to + 2 * kWidth);
    store(__builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7), to + 3 * kWidth);
}

/// The same of a whole block whose streams are read from front to end.
void transpose(const float* from, std::size_t length, float* to) {
    constexpr std::size_t kSide = 4;
    const std::size_t whole = length / kSide * kSide;
    for (std::size_t i = 0; i < whole; i += kSide) {
        for (std::size_t o = 0; o < kWidth; o += kSide)
            transpose_square(from + o * length + i, length, to + i * kWidth + o);
    }
    for (std::size_t i = whole; i < length; ++i) {
        for (std::size_t o = 0; o < kWidth; ++o)
            to[i * kWidth + o] = from[o * length + i];
    }
}

}  // namespace

PackedLayer pack(const LayerSource& source) {
    PackedLayer packed;
    packed.layer = source.layer;
    packed.in = source.in;
    packed.out = source.out;
    packed.relu = source.relu;
    packed.channel_major_in = source.channel_major_in;
    packed.rows = source.conv() ? source.layer.kernel : 1;
    packed.run = source.conv() ? source.layer.kernel * source.in.channels : source.in.values();
    if (source.weights.empty()) return packed;
    const std::size_t outputs = source.layer.width;
    const std::size_t blocks = (outputs + kWidth - 1) / kWidth;
    packed.bias.assign(blocks * kWidth, 0.0F);
    std::copy(source.bias.begin(), source.bias.end(), packed.bias.begin());
    const std::size_t length = packed.rows * packed.run;
    // One channel, or one pixel: as reading_order() would have it.
    const bool as_they_lie = packed.in.channels == 1 || length == packed.in.channels;
    const std::vector<std::size_t> order =
        as_they_lie && outputs % kWidth == 0 ? std::vector<std::size_t>() : reading_order(packed);
    packed.weights = std::make_unique_for_overwrite<float[]>(blocks * length * kWidth);
    for (std::size_t first = 0; first < outputs; first += kWidth) {
        const std::size_t width = std::min(kWidth, outputs - first);
        const float* const from = source.weights.data() + first * length;
        float* const to = packed.weights.get() + first * length;
        if (as_they_lie && width == kWidth) {
            transpose(from, length, to);
        } else {
            interleave(from, width, order, to);
        }
    }
    return packed;
}

}  // namespace skerry::node
