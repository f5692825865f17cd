#pragma once

#include <string>

#include "common/base/random.hpp"
#include "common/parameters/layout.hpp"

namespace skerry::parameters::testing {

/// The image template: 28×28 grey, two strided convolutions before the first exit.
inline ModelSpec digits() {
    ModelSpec spec;
    spec.name = "digits";
    spec.modality = Modality::Image;
    spec.input.shape = {1, 28, 28};
    spec.input.dtype = DataType::UInt8;
    spec.input.scale = {1.0F / 255.0F};
    spec.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    const auto conv = [](std::size_t width, std::size_t stride) { return Layer{Layer::Kind::Conv, width, 3, stride}; };
    spec.stages = {std::vector{conv(16, 2), conv(32, 2)}, std::vector{conv(48, 1)},
                   std::vector{conv(64, 1), conv(64, 1)}};
    return spec;
}

inline ModelSpec table(std::size_t features = 6) {
    ModelSpec spec;
    spec.name = "prices";
    spec.input.shape = {features};
    spec.classes = {"down", "up"};
    const auto dense = [](std::size_t width) { return Layer{Layer::Kind::Dense, width, 3, 1}; };
    spec.stages = {std::vector{dense(16)}, std::vector{dense(32)}, std::vector{dense(64), dense(64)}};
    return spec;
}

/// A usable declaration with small, odd shapes.
inline ModelSpec random_spec(Random& random) {
    ModelSpec spec;
    const auto between = [&](std::size_t low, std::size_t high) { return low + random.below(high - low + 1); };
    spec.name = "m" + std::to_string(random.below(1000));
    spec.modality = random.below(3) == 0 ? Modality::Tabular : Modality::Image;
    const bool image = spec.modality == Modality::Image;
    spec.input.shape = image ? std::vector<std::size_t>{between(1, 4), between(1, 13), between(1, 13)}
                             : std::vector<std::size_t>{between(1, 21)};
    spec.input.dtype = random.below(2) == 0 ? DataType::UInt8 : DataType::Float32;
    const std::size_t scales = random.below(2) == 0 ? 1 : spec.input.channels();
    spec.input.scale.clear();
    for (std::size_t i = 0; i < scales; ++i) {
        spec.input.scale.push_back(static_cast<float>(random.uniform(-1e-3, 1e3) + 1e-7));
    }
    spec.input.offset = {static_cast<float>(random.bell())};
    for (std::size_t i = 0, count = between(2, 11); i < count; ++i) {
        spec.classes.push_back("class \"" + std::to_string(i) + "\\ é");
    }
    bool on_image = image;
    for (std::vector<Layer>& stage : spec.stages) {
        for (std::size_t i = 0, count = between(1, 3); i < count; ++i) {
            on_image = on_image && random.below(5) != 0;
            Layer layer{on_image ? Layer::Kind::Conv : Layer::Kind::Dense, between(1, 19), 3, 1};
            if (on_image) {
                layer.kernel = 1 + 2 * random.below(3);
                layer.stride = between(1, 2);
            }
            stage.push_back(layer);
        }
    }
    return spec;
}

/// Parameters in which moments and biases count too, as they do once something was learned.
inline std::vector<float> random_parameters(const ModelSpec& spec, const ParameterLayout& layout, Random& random) {
    std::vector<float> values = initial_parameters(spec, layout, random.next());
    for (const Block& block : layout.blocks()) {
        if (block.shape.size() > 1) continue;
        for (std::size_t i = 0; i < block.count; ++i)
            values[block.offset + i] += static_cast<float>(random.bell()) * 0.1F;
    }
    return values;
}

}  // namespace skerry::parameters::testing
