#include "edge-node/serving/executors/onednn_plan.hpp"

namespace skerry::node::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

Step compile(const dnnl::engine& engine, const LayerSource& layer, std::size_t batch, const Step* like) {
    dnnl::primitive_attr attributes;
    // The library's own scratchpad belongs to the thread that compiled the primitive.
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (layer.relu) {
        dnnl::post_ops relu;
        relu.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
        attributes.set_post_ops(relu);
    }
    const memory::desc src = map_desc(layer.in, batch, Type::f32, layer.channel_major_in ? Tag::nchw : Tag::nhwc);
    const memory::desc dst = map_desc(layer.out, batch, Type::f32, Tag::nhwc);
    // The weights keep the format that the first of `kBatches` chose, so that one copy serves all.
    const memory::desc weights = like != nullptr ? like->weights : weights_desc(layer, Type::f32);
    const auto finished = [&](const auto& compiled, const dnnl::primitive& primitive) {
        return Step{
            primitive, src, compiled.weights_desc(), bias_desc(layer), compiled.dst_desc(), compiled.scratchpad_desc()};
    };
    if (layer.conv()) {
        const dnnl::convolution_forward::primitive_desc compiled(convolution_desc(layer, src, weights, dst), attributes,
                                                                 engine);
        return finished(compiled, dnnl::convolution_forward(compiled));
    }
    const dnnl::inner_product_forward::primitive_desc compiled(dense_desc(layer, src, weights, dst), attributes,
                                                               engine);
    return finished(compiled, dnnl::inner_product_forward(compiled));
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

Lane Plan::make_lane() const {
    Lane lane{dnnl::stream(engine_), {}};
    for (const Unit& unit : units_) {
        auto& memories = lane.units.emplace_back();
        for (std::size_t size = 0; size < kBatches.size(); ++size)
            memories[size] = memory_for(engine_, unit.steps[size]);
    }
    return lane;
}

}  // namespace skerry::node::onednn
