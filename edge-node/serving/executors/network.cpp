#include "edge-node/serving/executors/network.hpp"

#include <algorithm>
#include <string>

namespace skerry::node {

NetworkSource only(NetworkSource network, Units wanted) {
    const auto leave_out = [](LayerSource& layer) { layer.weights = layer.bias = {}; };
    for (std::size_t tier = 0; tier < network.tiers(); ++tier) {
        if (!wanted[2 * tier]) std::for_each(network.stages[tier].begin(), network.stages[tier].end(), leave_out);
        if (!wanted[2 * tier + 1]) leave_out(network.heads[tier]);
    }
    return network;
}

Result<NetworkSource> network_of(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                 std::span<const float> parameters) {
    using parameters::Layer;
    NetworkSource network;
    network.held = SKERRY_TRY(layout.tier_of_prefix(parameters.size()));
    parameters::MapShape map = parameters::map_of(spec.input);
    bool channel_major = map.channels > 1 && map.height * map.width > 1;
    const auto source = [&](const std::string& name, const Layer& layer, bool relu) {
        const auto tensor = [&](const parameters::Block& block) {
            return parameters.subspan(block.offset, block.count);
        };
        return LayerSource{layer,
                           map,
                           map_after(map, layer),
                           tensor(layout.block(name + ".weight")),
                           tensor(layout.block(name + ".bias")),
                           relu,
                           channel_major};
    };
    for (std::size_t stage = 0; stage < network.tiers(); ++stage) {
        const std::string tier(name_of(static_cast<Tier>(stage)));
        for (std::size_t i = 0; i < spec.stages[stage].size(); ++i) {
            network.stages[stage].push_back(source(tier + "." + std::to_string(i), spec.stages[stage][i], true));
            map = network.stages[stage].back().out;
            channel_major = false;
        }
        network.heads[stage] = source(tier + ".head", Layer{Layer::Kind::Dense, spec.classes.size(), 1, 1}, false);
    }
    return network;
}

}  // namespace skerry::node
