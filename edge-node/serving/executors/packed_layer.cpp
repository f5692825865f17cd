#include "edge-node/serving/executors/packed_layer.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

/// Where the layout keeps the weight from input i of kernel row r to output o.
std::size_t source_of(const PackedLayer& packed, std::size_t o, std::size_t r, std::size_t i) {
    const std::size_t channel = i % packed.in.channels;
    const std::size_t pixel = i / packed.in.channels;
    if (packed.conv()) {
        const std::size_t kernel = packed.layer.kernel;
        return ((o * packed.in.channels + channel) * kernel + r) * kernel + pixel;
    }
    // Layouts flatten a map channel by channel; our maps lie pixel by pixel.
    const std::size_t pixels = packed.in.height * packed.in.width;
    return (o * packed.in.channels + channel) * pixels + pixel;
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
    packed.weights.assign(blocks * packed.rows * packed.run * PackedLayer::kBlock, 0.0F);
    for (std::size_t o = 0; o < outputs; ++o) {
        float* target = packed.weights.data() +
                        o / PackedLayer::kBlock * packed.rows * packed.run * PackedLayer::kBlock +
                        o % PackedLayer::kBlock;
        for (std::size_t r = 0; r < packed.rows; ++r) {
            for (std::size_t i = 0; i < packed.run; ++i, target += PackedLayer::kBlock) {
                *target = source.weights[source_of(packed, o, r, i)];
            }
        }
    }
    return packed;
}

}  // namespace skerry::node
