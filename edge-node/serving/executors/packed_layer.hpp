#pragma once

#include <memory>
#include <vector>

#include "edge-node/serving/executors/network.hpp"

namespace skerry::node {

/// One layer or head with its weights in the order that our own kernels read, padded to whole blocks of outputs.
struct PackedLayer {
    static constexpr std::size_t kBlock = 16;  ///< output channels that a kernel computes together

    parameters::Layer layer;
    parameters::MapShape in;
    parameters::MapShape out;
    bool relu = true;
    bool channel_major_in = false;
    std::size_t rows = 1;              ///< kernel rows; 1 for a dense layer
    std::size_t run = 0;               ///< inputs of one kernel row: they lie side by side
    std::unique_ptr<float[]> weights;  ///< shape [⌈outputs/kBlock⌉, rows, run, kBlock]
    std::vector<float> bias;           ///< shape [⌈outputs/kBlock⌉, kBlock]

    [[nodiscard]] bool conv() const { return layer.kind == parameters::Layer::Kind::Conv; }
    [[nodiscard]] std::size_t padding() const { return conv() ? layer.kernel / 2 : 0; }
    [[nodiscard]] std::size_t blocks() const { return bias.size() / kBlock; }
    [[nodiscard]] const float* weights_of(std::size_t block) const { return &weights[block * kBlock * rows * run]; }
};

/// One without weights has no blocks.
[[nodiscard]] PackedLayer pack(const LayerSource& source);

}  // namespace skerry::node
