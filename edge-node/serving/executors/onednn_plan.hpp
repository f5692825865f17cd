#pragma once

#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "edge-node/serving/executors/lane_pool.hpp"
#include "edge-node/serving/executors/onednn_parts.hpp"

namespace skerry::node::onednn {

/// One layer as a compiled primitive for one batch size.
struct Step {
    dnnl::primitive primitive;
    dnnl::memory::desc src, weights, bias, dst, scratchpad;
};

/// A stage or a head, and what it reads and writes of one sample.
struct Unit {
    std::array<std::vector<Step>, kBatches.size()> steps;
    std::size_t in_values = 0;
    std::size_t out_values = 0;
};

/// The memory that one thread needs to run a unit: its input and output are bound at each call.
struct UnitMemory {
    std::vector<dnnl::memory> maps;         ///< before, between and after the steps
    std::vector<dnnl::memory> scratchpads;  ///< of each step; null where it needs none
};

/// What one running thread uses and nobody else meanwhile.
struct Lane {
    dnnl::stream stream;
    std::vector<std::array<UnitMemory, kBatches.size()>> units;
};

/// What oneDNN compiles for a model. It takes milliseconds a primitive, so all snapshots share it, and only weights are
/// re-packed at a swap. Thread-safe.
class Plan {
public:
    /// Throws dnnl::error: a layer that oneDNN cannot run.
    explicit Plan(const NetworkSource& network);

    [[nodiscard]] std::size_t units() const { return units_.size(); }
    /// Stage and head of each tier in turn.
    [[nodiscard]] const Unit& unit(std::size_t index) const { return units_[index]; }
    [[nodiscard]] const dnnl::engine& engine() const { return engine_; }

    /// Runs `use` with a lane of its own.
    template <class Use>
    void with_lane(const Use& use) const {
        lanes_.with([this] { return make_lane(); }, use);
    }

private:
    [[nodiscard]] Lane make_lane() const;

    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    std::vector<Unit> units_;
    mutable LanePool<Lane> lanes_;
};

}  // namespace skerry::node::onednn
