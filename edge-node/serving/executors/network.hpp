#pragma once

#include <array>
#include <bitset>
#include <span>
#include <vector>

#include "common/parameters/layout.hpp"
#include "common/parameters/map_shape.hpp"

namespace skerry::node {

/// One layer or head as the declaration and the flat vector give it: what every executor packs for itself.
struct LayerSource {
    parameters::Layer layer;
    parameters::MapShape in;
    parameters::MapShape out;
    /// Borrowed: conv {out, in, kernel, kernel}, dense {out, in values} with the map flattened channel by channel.
    std::span<const float> weights;
    std::span<const float> bias;    ///< borrowed; shape [out]. Both empty: nobody will run it here
    bool relu = true;               ///< false: a head
    bool channel_major_in = false;  ///< the first layer of an input whose order is not yet row, column, channel

    [[nodiscard]] bool conv() const { return layer.kind == parameters::Layer::Kind::Conv; }
    [[nodiscard]] std::size_t padding() const { return conv() ? layer.kernel / 2 : 0; }
};

/// All that a prefix of the flat vector holds, in the order of computation.
struct NetworkSource {
    Tier held = Tier::Light;
    std::array<std::vector<LayerSource>, kTiers> stages;  ///< empty beyond `held`
    std::array<LayerSource, kTiers> heads;                ///< meaningless beyond `held`

    [[nodiscard]] std::size_t tiers() const { return static_cast<std::size_t>(held) + 1; }
};

/// Stages and heads in the order of computation: light stage, light head, medium stage, …
inline constexpr std::size_t kUnits = 2 * kTiers;
using Units = std::bitset<kUnits>;

/// The same network, with weights in these units alone.
[[nodiscard]] NetworkSource only(NetworkSource network, Units wanted);

/// InvalidInput: the prefix is no tier of the layout. The result borrows `parameters`.
[[nodiscard]] Result<NetworkSource> network_of(const parameters::ModelSpec& spec,
                                               const parameters::ParameterLayout& layout,
                                               std::span<const float> parameters);

}  // namespace skerry::node
