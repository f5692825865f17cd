#include "edge-node/serving/executors/onednn_parts.hpp"

#include <stdexcept>
#include <string>

// Of libgomp, which oneDNN links. clang 14 has no <omp.h> here.
extern "C" void omp_set_num_threads(int threads);

namespace skerry::node::onednn {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

std::size_t largest_batch_within(std::size_t rows) {
    std::size_t size = kBatches.size() - 1;
    while (size > 0 && kBatches[size] > rows)
        --size;
    return size;
}

memory::dim dim_of(std::size_t size) {
    return static_cast<memory::dim>(size);
}

memory::desc map_desc(const parameters::MapShape& map, std::size_t batch, Type type, Tag tag) {
    return {{dim_of(batch), dim_of(map.channels), dim_of(map.height), dim_of(map.width)}, type, tag};
}

memory::desc weights_desc(const LayerSource& layer, Type type) {
    const auto height = dim_of(layer.conv() ? layer.layer.kernel : layer.in.height);
    const auto width = dim_of(layer.conv() ? layer.layer.kernel : layer.in.width);
    return {{dim_of(layer.layer.width), dim_of(layer.in.channels), height, width}, type, Tag::any};
}

memory::desc bias_desc(const LayerSource& layer) {
    return {{dim_of(layer.layer.width)}, Type::f32, Tag::x};
}

dnnl::convolution_forward::desc convolution_desc(const LayerSource& layer, const memory::desc& src,
                                                 const memory::desc& weights, const memory::desc& dst) {
    const memory::dims strides(2, dim_of(layer.layer.stride));
    const memory::dims padding(2, dim_of(layer.padding()));
    return {dnnl::prop_kind::forward_inference,
            dnnl::algorithm::convolution_auto,
            src,
            weights,
            bias_desc(layer),
            dst,
            strides,
            padding,
            padding};
}

dnnl::inner_product_forward::desc dense_desc(const LayerSource& layer, const memory::desc& src,
                                             const memory::desc& weights, const memory::desc& dst) {
    return {dnnl::prop_kind::forward_inference, src, weights, bias_desc(layer),
            dst.reshape({dst.dims()[0], dim_of(layer.layer.width)})};
}

void run_on_this_thread_alone() {
    static thread_local const bool once = (omp_set_num_threads(1), true);
    static_cast<void>(once);
}

// The C functions below, because the C++ ones build a hash map at each call.

void bind(memory& map, void* values) {
    const dnnl_status_t bound = dnnl_memory_set_data_handle(map.get(), values);
    SKERRY_ASSERT(bound == dnnl_success);
}

void execute(const dnnl::primitive& primitive, const dnnl::stream& stream, const Arguments& arguments) {
    dnnl_memory_t scratchpad = arguments.scratchpad.get(true);
    const std::array<dnnl_exec_arg_t, 5> list = {{{DNNL_ARG_SRC, arguments.src.get()},
                                                  {DNNL_ARG_WEIGHTS, arguments.weights.get()},
                                                  {DNNL_ARG_BIAS, arguments.bias.get()},
                                                  {DNNL_ARG_DST, arguments.dst.get()},
                                                  {DNNL_ARG_SCRATCHPAD, scratchpad}}};
    const int count = scratchpad != nullptr ? 5 : 4;
    const dnnl_status_t executed = dnnl_primitive_execute(primitive.get(), stream.get(), count, list.data());
    if (executed != dnnl_success)
        throw std::runtime_error("oneDNN gave error " + std::to_string(static_cast<int>(executed)));
}

}  // namespace skerry::node::onednn
