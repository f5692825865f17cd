#include "common/parameters/layout.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/random.hpp"
#include "common/parameters/map_shape.hpp"

namespace skerry::parameters {
namespace {

std::string joined(const std::vector<std::string>& problems) {
    std::string text;
    for (const std::string& problem : problems)
        text += (text.empty() ? "" : "; ") + problem;
    return text;
}

std::size_t product_of(const std::vector<std::size_t>& shape) {
    std::size_t product = 1;
    for (const std::size_t side : shape)
        product *= side;
    return product;
}

// Within the limits that problems() has checked, the largest block is 2^12 · 2^22 values and a model has fewer than
// 2^8 blocks: no product or sum below can overflow 64 bits.
static_assert(limits::kLayerWidthMax <= 1U << 12U && kMapValuesMax <= 1U << 22U);
static_assert((limits::kStageLayersMax + 1) * kTiers * 2 < 1U << 8U);

}  // namespace

Result<ParameterLayout> ParameterLayout::of(const ModelSpec& spec) {
    if (const auto problems = spec.problems(); !problems.empty()) {
        return fail(ErrorCode::InvalidInput, "the model cannot be used: " + joined(problems));
    }
    ParameterLayout layout;
    std::size_t end = 0;
    const auto add = [&](std::string name, std::vector<std::size_t> shape, Tier tier) {
        const std::size_t count = product_of(shape);
        layout.blocks_.push_back(Block{std::move(name), std::move(shape), end, count, tier});
        end += count;
    };

    add("normaliser.mean", {spec.input.channels()}, Tier::Light);
    add("normaliser.square", {spec.input.channels()}, Tier::Light);
    layout.statistics_ = end;

    MapShape map = map_of(spec.input);
    for (std::size_t stage = 0; stage < kTiers; ++stage) {
        const auto tier = static_cast<Tier>(stage);
        const std::string prefix = std::string(name_of(tier)) + ".";
        for (std::size_t i = 0; i < spec.stages[stage].size(); ++i) {
            const Layer& layer = spec.stages[stage][i];
            const std::string name = prefix + std::to_string(i);
            if (layer.kind == Layer::Kind::Conv) {
                add(name + ".weight", {layer.width, map.channels, layer.kernel, layer.kernel}, tier);
            } else {
                add(name + ".weight", {layer.width, map.values()}, tier);
            }
            add(name + ".bias", {layer.width}, tier);
            map = map_after(map, layer);
        }
        add(prefix + "head.weight", {spec.classes.size(), map.values()}, tier);
        add(prefix + "head.bias", {spec.classes.size()}, tier);
        layout.prefix_[stage] = end;
    }
    if (end > limits::kParametersMax) {
        return fail(ErrorCode::InvalidInput, "the model has " + std::to_string(end) + " parameters, a node can hold " +
                                                 std::to_string(limits::kParametersMax) +
                                                 ": make layers narrower or stride earlier");
    }
    return layout;
}

const Block& ParameterLayout::block(std::string_view name) const {
    const auto found = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& b) { return b.name == name; });
    SKERRY_ASSERT(found != blocks_.end());
    return *found;
}

Result<Tier> ParameterLayout::tier_of_prefix(std::size_t count) const {
    const auto found = std::find(prefix_.begin(), prefix_.end(), count);
    if (found == prefix_.end()) {
        return fail(ErrorCode::InvalidInput, std::to_string(count) + " parameters are no tier of this model (light " +
                                                 std::to_string(prefix_[0]) + ", medium " + std::to_string(prefix_[1]) +
                                                 ", heavy " + std::to_string(prefix_[2]) + ")");
    }
    return static_cast<Tier>(found - prefix_.begin());
}

std::vector<float> initial_parameters(const ModelSpec& spec, const ParameterLayout& layout, std::uint64_t seed) {
    std::vector<float> parameters(layout.size(), 0.0F);
    const Block& square = layout.block("normaliser.square");
    SKERRY_ASSERT(square.count == spec.input.channels());
    std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(square.offset), square.count, 1.0F);

    Random random(seed);
    for (const Block& block : layout.blocks()) {
        if (block.shape.size() < 2) continue;  // statistics and biases
        // He et al. 2015, "Delving Deep into Rectifiers": variance 2/fan_in. √ is exact on every machine.
        const std::size_t fan_in = block.count / block.shape[0];
        const double bound = std::sqrt(6.0 / static_cast<double>(fan_in));
        for (std::size_t i = 0; i < block.count; ++i) {
            parameters[block.offset + i] = static_cast<float>(random.uniform(-bound, bound));
        }
    }
    return parameters;
}

}  // namespace skerry::parameters
