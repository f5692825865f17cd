#pragma once

#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <span>
#include <vector>

#include "edge-node/serving/executors/lane_pool.hpp"
#include "edge-node/serving/executors/onednn_parts.hpp"

namespace skerry::node::onednn {

/// A stage in integers: its float32 input is divided into levels, each layer gives levels to the next, and the last one
/// gives float32 again. Values beyond a layer's range become the range's end. Immutable; any number of threads.
class Int8Stage {
public:
    /// `ranges`: the largest value that each layer reads. Throws dnnl::error: a layer that oneDNN cannot run.
    Int8Stage(const std::vector<LayerSource>& layers, const std::vector<float>& ranges);

    /// As Executor::run_stage. The input has no negative values.
    void run(std::span<const float> in, std::span<float> out, std::size_t batch) const;

private:
    struct Step {
        dnnl::primitive primitive;
        dnnl::memory::desc src, dst, scratchpad;
        dnnl::memory weights, bias;
    };
    /// Memory of one batch size: the maps before, between and after the steps, and the steps' scratchpads.
    struct Lane {
        dnnl::stream stream;
        std::array<std::vector<dnnl::memory>, kBatches.size()> maps, scratchpads;
    };
    [[nodiscard]] Step compile(const LayerSource& layer, std::size_t batch, float in_level, float out_level) const;
    [[nodiscard]] Lane make_lane() const;

    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    float levels_a_unit_ = 1;  ///< of the stage's input
    std::size_t in_values_ = 0;
    std::size_t out_values_ = 0;
    std::array<std::vector<Step>, kBatches.size()> steps_;
    mutable LanePool<Lane> lanes_;
};

}  // namespace skerry::node::onednn
