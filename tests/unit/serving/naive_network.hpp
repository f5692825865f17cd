#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "common/parameters/layout.hpp"
#include "common/parameters/map_shape.hpp"

namespace skerry::node::testing {

/// The network as its definition says it, in double precision, straight from the flat vector.
inline std::array<std::vector<double>, kTiers> naive_logits(const parameters::ModelSpec& spec,
                                                            const parameters::ParameterLayout& layout,
                                                            const std::vector<float>& values,
                                                            const std::vector<float>& input) {
    using parameters::MapShape;
    const auto tensor = [&](const std::string& name) { return &values[layout.block(name).offset]; };
    const auto dense = [](const float* weight, const float* bias, const std::vector<double>& in, std::size_t width) {
        std::vector<double> out(width);
        for (std::size_t o = 0; o < width; ++o) {
            out[o] = bias[o];
            for (std::size_t i = 0; i < in.size(); ++i)
                out[o] += in[i] * static_cast<double>(weight[o * in.size() + i]);
        }
        return out;
    };
    const auto conv = [](const float* weight, const float* bias, const std::vector<double>& in, const MapShape& map,
                         const parameters::Layer& layer) {
        const MapShape to = map_after(map, layer);
        std::vector<double> out(to.values());
        const auto half = static_cast<long>(layer.kernel / 2);
        for (std::size_t o = 0; o < to.channels; ++o) {
            for (std::size_t y = 0; y < to.height; ++y) {
                for (std::size_t x = 0; x < to.width; ++x) {
                    double sum = bias[o];
                    for (std::size_t c = 0; c < map.channels; ++c) {
                        for (std::size_t ky = 0; ky < layer.kernel; ++ky) {
                            for (std::size_t kx = 0; kx < layer.kernel; ++kx) {
                                const long iy = static_cast<long>(y * layer.stride + ky) - half;
                                const long ix = static_cast<long>(x * layer.stride + kx) - half;
                                if (iy < 0 || ix < 0 || iy >= static_cast<long>(map.height) ||
                                    ix >= static_cast<long>(map.width)) {
                                    continue;
                                }
                                const std::size_t at = (c * map.height + static_cast<std::size_t>(iy)) * map.width +
                                                       static_cast<std::size_t>(ix);
                                sum += in[at] *
                                       static_cast<double>(
                                           weight[((o * map.channels + c) * layer.kernel + ky) * layer.kernel + kx]);
                            }
                        }
                    }
                    out[(o * to.height + y) * to.width + x] = sum;
                }
            }
        }
        return out;
    };

    std::array<std::vector<double>, kTiers> logits;
    std::vector<double> map_values(input.begin(), input.end());
    MapShape map = parameters::map_of(spec.input);
    for (std::size_t stage = 0; stage < kTiers; ++stage) {
        const std::string tier(name_of(static_cast<Tier>(stage)));
        for (std::size_t i = 0; i < spec.stages[stage].size(); ++i) {
            const parameters::Layer& layer = spec.stages[stage][i];
            const std::string name = tier + "." + std::to_string(i);
            map_values = layer.kind == parameters::Layer::Kind::Conv
                             ? conv(tensor(name + ".weight"), tensor(name + ".bias"), map_values, map, layer)
                             : dense(tensor(name + ".weight"), tensor(name + ".bias"), map_values, layer.width);
            for (double& value : map_values)
                value = std::max(value, 0.0);
            map = map_after(map, layer);
        }
        logits[stage] =
            dense(tensor(tier + ".head.weight"), tensor(tier + ".head.bias"), map_values, spec.classes.size());
    }
    return logits;
}

}  // namespace skerry::node::testing
