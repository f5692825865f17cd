#include "common/parameters/multiply_adds.hpp"

#include "common/parameters/map_shape.hpp"

namespace skerry::parameters {

MultiplyAdds multiply_adds(const ModelSpec& spec) {
    MultiplyAdds count;
    MapShape map = map_of(spec.input);
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        for (const Layer& layer : spec.stages[tier]) {
            const std::uint64_t weights = weight_values(map, layer);
            map = map_after(map, layer);
            // A convolution reads its weights once for each place of the map that it makes.
            count.stage[tier] += weights * map.height * map.width;
        }
        count.head[tier] = std::uint64_t{map.values()} * spec.classes.size();
    }
    return count;
}

}  // namespace skerry::parameters
