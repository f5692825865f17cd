#include "edge-node/serving/executors/packed_layer.hpp"

#include <algorithm>
#include <array>
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

/// The same of a whole block whose streams are read from front to end: square by square, each in a few cache lines.
void transpose(const float* from, std::size_t length, float* to) {
    std::array<std::array<float, kWidth>, kWidth> square;
    for (std::size_t first = 0; first < length; first += kWidth) {
        const std::size_t count = std::min(kWidth, length - first);
        for (std::size_t o = 0; o < kWidth; ++o)
            std::copy_n(from + o * length + first, count, square[o].begin());
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t o = 0; o < kWidth; ++o)
                to[i * kWidth + o] = square[o][i];
        }
        to += count * kWidth;
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
