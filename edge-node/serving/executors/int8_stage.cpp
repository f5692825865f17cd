#include "edge-node/serving/executors/int8_stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace skerry::node::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

/// The highest level of an activation. Without VNNI two products are added in 16 bits: 2 · 127 · 127 fits, 2 · 255 ·
/// 127 does not.
float highest_level() {
    switch (dnnl::get_effective_cpu_isa()) {
        case dnnl::cpu_isa::avx512_core_vnni:
        case dnnl::cpu_isa::avx512_core_bf16:
        case dnnl::cpu_isa::avx512_core_amx:
        case dnnl::cpu_isa::avx2_vnni:
            return 255;
        default:
            return 127;
    }
}

/// What one level stands for.
float level_of(float range) {
    return range > 0 ? range / highest_level() : 1.0F;
}

/// What one level of each output channel's weights stands for.
std::vector<float> weight_levels(const LayerSource& layer) {
    const std::size_t each = layer.weights.size() / layer.bias.size();
    std::vector<float> levels;
    for (std::size_t o = 0; o < layer.bias.size(); ++o) {
        float largest = 0;
        for (const float weight : layer.weights.subspan(o * each, each))
            largest = std::max(largest, std::abs(weight));
        levels.push_back(largest > 0 ? largest / 127 : 1.0F);
    }
    return levels;
}

memory packed_weights(const LayerSource& layer, const memory::desc& wanted, const std::vector<float>& levels,
                      const dnnl::engine& engine, dnnl::stream& stream) {
    std::vector<float> scales;
    scales.reserve(levels.size());
    for (const float level : levels)
        scales.push_back(1 / level);
    dnnl::primitive_attr attributes;
    attributes.set_output_scales(1, scales);
    const memory::desc as_laid_out(wanted.dims(), Type::f32, Tag::oihw);
    memory source(as_laid_out, engine, const_cast<float*>(layer.weights.data()));  // only read
    memory packed(wanted, engine);
    const dnnl::reorder::primitive_desc reorder(engine, as_laid_out, engine, wanted, attributes);
    dnnl::reorder(reorder).execute(stream, source, packed);
    stream.wait();
    return packed;
}

void quantise(std::span<const float> in, float levels_a_unit, float highest, std::uint8_t* out) {
    for (const float value : in) {
        const float level = value * levels_a_unit + 0.5F;
        *out++ = static_cast<std::uint8_t>(level > highest ? highest : level > 0 ? level : 0);  // not a number: 0
    }
}

}  // namespace

Int8Stage::Int8Stage(const std::vector<LayerSource>& layers, const std::vector<float>& ranges)
    : levels_a_unit_(1 / level_of(ranges.front())),
      in_values_(layers.front().in.values()),
      out_values_(layers.back().out.values()) {
    for (std::size_t size = 0; size < kBatches.size(); ++size) {
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const float out_level = i + 1 < layers.size() ? level_of(ranges[i + 1]) : 0;
            steps_[size].push_back(compile(layers[i], kBatches[size], level_of(ranges[i]), out_level));
        }
    }
}

Int8Stage::Step Int8Stage::compile(const LayerSource& layer, std::size_t batch, float in_level, float out_level) const {
    const bool last = out_level == 0;
    const std::vector<float> levels = weight_levels(layer);
    std::vector<float> scales;
    scales.reserve(levels.size());
    for (const float level : levels)
        scales.push_back(in_level * level / (last ? 1.0F : out_level));
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    attributes.set_output_scales(1 << 1, scales);
    dnnl::post_ops rectified;
    if (last) {
        rectified.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    } else {
        rectified.append_eltwise(1.0F, dnnl::algorithm::eltwise_clip, 0.0F, highest_level());
    }
    attributes.set_post_ops(rectified);
    const memory::desc src = map_desc(layer.in, batch, Type::u8, Tag::nhwc);
    const memory::desc dst = map_desc(layer.out, batch, last ? Type::f32 : Type::u8, Tag::nhwc);
    const memory::desc weights = weights_desc(layer, Type::s8);
    dnnl::stream stream(engine_);
    const auto finished = [&](const auto& compiled, const dnnl::primitive& primitive) {
        Step step{
            primitive, src, compiled.dst_desc(), compiled.scratchpad_desc(), {}, memory(bias_desc(layer), engine_)};
        step.weights = packed_weights(layer, compiled.weights_desc(), levels, engine_, stream);
        // Added to the sums of products, before these are scaled.
        auto* values = static_cast<float*>(step.bias.get_data_handle());
        for (std::size_t o = 0; o < levels.size(); ++o)
            values[o] = layer.bias[o] / (in_level * levels[o]);
        return step;
    };
    if (layer.conv()) {
        const auto desc = convolution_desc(layer, src, weights, dst);
        const dnnl::convolution_forward::primitive_desc compiled(desc, attributes, engine_);
        return finished(compiled, dnnl::convolution_forward(compiled));
    }
    const auto desc = dense_desc(layer, src, weights, dst);
    const dnnl::inner_product_forward::primitive_desc compiled(desc, attributes, engine_);
    return finished(compiled, dnnl::inner_product_forward(compiled));
}

Int8Stage::Lane Int8Stage::make_lane() const {
    Lane lane{dnnl::stream(engine_), {}, {}};
    for (std::size_t size = 0; size < kBatches.size(); ++size) {
        for (const Step& step : steps_[size]) {
            lane.maps[size].emplace_back(step.src, engine_);
            const bool scratch = step.scratchpad.get_size() > 0;
            lane.scratchpads[size].push_back(scratch ? memory(step.scratchpad, engine_) : memory());
        }
        lane.maps[size].emplace_back(steps_[size].back().dst, engine_, nullptr);
    }
    return lane;
}

void Int8Stage::run(std::span<const float> in, std::span<float> out, std::size_t batch) const {
    run_on_this_thread_alone();
    SKERRY_ASSERT(in.size() == batch * in_values_ && out.size() == batch * out_values_);
    const float highest = highest_level();
    lanes_.with([this] { return make_lane(); },
                [&](Lane& lane) {
                    for (std::size_t row = 0; row < batch;) {
                        const std::size_t size = largest_batch_within(batch - row);
                        std::vector<memory>& maps = lane.maps[size];
                        quantise(in.subspan(row * in_values_, kBatches[size] * in_values_), levels_a_unit_, highest,
                                 static_cast<std::uint8_t*>(maps.front().get_data_handle()));
                        bind(maps.back(), out.data() + row * out_values_);
                        for (std::size_t i = 0; i < steps_[size].size(); ++i) {
                            const Step& step = steps_[size][i];
                            execute(step.primitive, lane.stream,
                                    {maps[i], step.weights, step.bias, maps[i + 1], lane.scratchpads[size][i]});
                        }
                        row += kBatches[size];
                    }
                });
}

}  // namespace skerry::node::onednn
