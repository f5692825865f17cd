#include "edge-node/serving/executors/onednn_plan.hpp"

#include <utility>

namespace skerry::node::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

memory::dim dim_of(std::size_t size) {
    return static_cast<memory::dim>(size);
}

memory::desc map_desc(const parameters::MapShape& map, std::size_t batch, Tag tag) {
    return {{dim_of(batch), dim_of(map.channels), dim_of(map.height), dim_of(map.width)}, memory::data_type::f32, tag};
}

/// The weights keep the format that the first of `kBatches` chose, so that one copy serves all.
memory::desc weights_desc(const LayerSource& layer, const Step* like) {
    if (like != nullptr) return like->weights;
    const auto height = dim_of(layer.conv() ? layer.layer.kernel : layer.in.height);
    const auto width = dim_of(layer.conv() ? layer.layer.kernel : layer.in.width);
    return {{dim_of(layer.layer.width), dim_of(layer.in.channels), height, width}, memory::data_type::f32, Tag::any};
}

Step compile(const dnnl::engine& engine, const LayerSource& layer, std::size_t batch, const Step* like) {
    dnnl::primitive_attr attributes;
    // The library's own scratchpad belongs to the thread that compiled the primitive.
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (layer.relu) {
        dnnl::post_ops relu;
        relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
        attributes.set_post_ops(relu);
    }
    const memory::desc src = map_desc(layer.in, batch, layer.channel_major_in ? Tag::nchw : Tag::nhwc);
    const memory::desc dst = map_desc(layer.out, batch, Tag::nhwc);
    const memory::desc weights = weights_desc(layer, like);
    const memory::desc bias({dim_of(layer.layer.width)}, memory::data_type::f32, Tag::x);
    if (layer.conv()) {
        const memory::dims strides(2, dim_of(layer.layer.stride));
        const memory::dims padding(2, dim_of(layer.padding()));
        const dnnl::convolution_forward::primitive_desc compiled(
            {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto, src, weights, bias, dst, strides,
             padding, padding},
            attributes, engine);
        return {dnnl::convolution_forward(compiled), src, compiled.weights_desc(), bias, dst,
                compiled.scratchpad_desc()};
    }
    const dnnl::inner_product_forward::primitive_desc compiled(
        {dnnl::prop_kind::forward_inference, src, weights, bias,
         dst.reshape({dim_of(batch), dim_of(layer.layer.width)})},
        attributes, engine);
    return {dnnl::inner_product_forward(compiled),
            src,
            compiled.weights_desc(),
            bias,
            compiled.dst_desc(),
            compiled.scratchpad_desc()};
}

Unit compile(const dnnl::engine& engine, const std::vector<LayerSource>& layers) {
    Unit unit;
    unit.in_values = layers.front().in.values();
    unit.out_values = layers.back().out.values();
    for (std::size_t size = 0; size < kBatches.size(); ++size) {
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const Step* like = size == 0 ? nullptr : &unit.steps.front()[i];
            unit.steps[size].push_back(compile(engine, layers[i], kBatches[size], like));
        }
    }
    return unit;
}

UnitMemory memory_for(const dnnl::engine& engine, const std::vector<Step>& steps) {
    UnitMemory needed;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        // The same bytes under the next step's description: a dense layer reads a map as it lies.
        needed.maps.push_back(i == 0 ? memory(steps[i].src, engine, nullptr) : memory(steps[i].src, engine));
        const bool scratch = steps[i].scratchpad.get_size() > 0;
        needed.scratchpads.push_back(scratch ? memory(steps[i].scratchpad, engine) : memory());
    }
    needed.maps.emplace_back(steps.back().dst, engine, nullptr);
    return needed;
}

}  // namespace

Plan::Plan(const NetworkSource& network) {
    for (std::size_t tier = 0; tier < network.tiers(); ++tier) {
        units_.push_back(compile(engine_, network.stages[tier]));
        units_.push_back(compile(engine_, {network.heads[tier]}));
    }
}

std::unique_ptr<Lane> Plan::take_lane() const {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<Lane> lane = std::move(idle_.back());
            idle_.pop_back();
            return lane;
        }
    }
    auto lane = std::make_unique<Lane>(Lane{dnnl::stream(engine_), {}});
    for (const Unit& unit : units_) {
        auto& memories = lane->units.emplace_back();
        for (std::size_t size = 0; size < kBatches.size(); ++size)
            memories[size] = memory_for(engine_, unit.steps[size]);
    }
    return lane;
}

}  // namespace skerry::node::onednn
