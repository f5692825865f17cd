#include "common/parameters/map_shape.hpp"

namespace skerry::parameters {

MapShape map_of(const InputSpec& input) {
    if (input.shape.size() == 3) return {input.shape[0], input.shape[1], input.shape[2]};
    return {input.values(), 1, 1};
}

MapShape map_after(const MapShape& map, const Layer& layer) {
    if (layer.kind == Layer::Kind::Dense) return {layer.width, 1, 1};
    const auto side = [&](std::size_t length) { return (length + layer.stride - 1) / layer.stride; };
    return {layer.width, side(map.height), side(map.width)};
}

MapShape map_after(const ModelSpec& spec, Tier tier) {
    MapShape map = map_of(spec.input);
    for (std::size_t stage = 0; stage <= static_cast<std::size_t>(tier); ++stage) {
        for (const Layer& layer : spec.stages[stage])
            map = map_after(map, layer);
    }
    return map;
}

std::size_t weight_values(const MapShape& map, const Layer& layer) {
    if (layer.kind == Layer::Kind::Dense) return layer.width * map.values();
    return layer.width * map.channels * layer.kernel * layer.kernel;
}

}  // namespace skerry::parameters
