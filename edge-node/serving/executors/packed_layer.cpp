#include "edge-node/serving/executors/packed_layer.hpp"

#include <algorithm>

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
    const std::size_t blocks = (outputs + PackedLayer::kBlock - 1) / PackedLayer::kBlock;
    packed.bias.assign(blocks * PackedLayer::kBlock, 0.0F);
    std::copy(source.bias.begin(), source.bias.end(), packed.bias.begin());
    const std::vector<std::size_t> order = reading_order(packed);
    packed.weights.assign(blocks * order.size() * PackedLayer::kBlock, 0.0F);
    for (std::size_t first = 0; first < outputs; first += PackedLayer::kBlock) {
        const std::size_t width = std::min(PackedLayer::kBlock, outputs - first);
        const float* from = source.weights.data() + first * order.size();
        float* to = packed.weights.data() + first * order.size();
        // Reads `width` streams side by side and writes one.
        for (const std::size_t place : order) {
            for (std::size_t o = 0; o < width; ++o)
                to[o] = from[o * order.size() + place];
            to += PackedLayer::kBlock;
        }
    }
    return packed;
}

}  // namespace skerry::node
