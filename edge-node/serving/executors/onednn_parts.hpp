#pragma once

#include <array>
#include <oneapi/dnnl/dnnl.hpp>

#include "edge-node/serving/executors/network.hpp"

// What the executors on oneDNN have in common.
namespace skerry::node::onednn {

/// Batches are run in pieces of these sizes: larger ones gain nothing, and each costs its own compiled code.
inline constexpr std::array<std::size_t, 2> kBatches = {1, 8};

/// The place of the largest piece that `rows` fill; there is at least one row.
[[nodiscard]] std::size_t largest_batch_within(std::size_t rows);

[[nodiscard]] dnnl::memory::dim dim_of(std::size_t size);
[[nodiscard]] dnnl::memory::desc map_desc(const parameters::MapShape& map, std::size_t batch,
                                          dnnl::memory::data_type type, dnnl::memory::format_tag tag);
/// In the order that the primitive likes best.
[[nodiscard]] dnnl::memory::desc weights_desc(const LayerSource& layer, dnnl::memory::data_type type);
[[nodiscard]] dnnl::memory::desc bias_desc(const LayerSource& layer);

[[nodiscard]] dnnl::convolution_forward::desc convolution_desc(const LayerSource& layer, const dnnl::memory::desc& src,
                                                               const dnnl::memory::desc& weights,
                                                               const dnnl::memory::desc& dst);
/// `dst` as map_desc gives it.
[[nodiscard]] dnnl::inner_product_forward::desc dense_desc(const LayerSource& layer, const dnnl::memory::desc& src,
                                                           const dnnl::memory::desc& weights,
                                                           const dnnl::memory::desc& dst);

/// OpenMP keeps its number of threads for each thread apart, and reads OMP_NUM_THREADS before main() could set it: so
/// each thread says it for itself, before it calls oneDNN.
void run_on_this_thread_alone();

/// Points `map` at `values`, which it borrows.
void bind(dnnl::memory& map, void* values);

struct Arguments {
    const dnnl::memory& src;
    const dnnl::memory& weights;
    const dnnl::memory& bias;
    const dnnl::memory& dst;
    const dnnl::memory& scratchpad;  ///< null: none
};
/// Throws std::runtime_error: oneDNN failed.
void execute(const dnnl::primitive& primitive, const dnnl::stream& stream, const Arguments& arguments);

}  // namespace skerry::node::onednn
