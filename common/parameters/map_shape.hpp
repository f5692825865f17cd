#pragma once

#include <cstddef>

#include "common/parameters/model_spec.hpp"

namespace skerry::parameters {

/// The shape of one sample's map between two layers. After a dense layer, and for tabular input: {units, 1, 1}.
struct MapShape {
    std::size_t channels = 0;
    std::size_t height = 1;
    std::size_t width = 1;

    [[nodiscard]] std::size_t values() const { return channels * height * width; }
    bool operator==(const MapShape&) const = default;
};

/// The map that the first layer reads.
[[nodiscard]] MapShape map_of(const InputSpec& input);

/// The map after `layer`. A convolution is padded by kernel/2, so its sides are ⌈side/stride⌉.
[[nodiscard]] MapShape map_after(const MapShape& map, const Layer& layer);

/// The map that the head of `tier` flattens, in the order channel, row, column. `spec` has no problems().
[[nodiscard]] MapShape map_after(const ModelSpec& spec, Tier tier);

/// Values that the weight of `layer` has on a map of this shape; the bias has `layer.width` more.
[[nodiscard]] std::size_t weight_values(const MapShape& map, const Layer& layer);

}  // namespace skerry::parameters
