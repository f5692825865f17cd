#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "edge-node/serving/executors/network.hpp"

namespace skerry::node::onednn {

/// Batches are run in pieces of these sizes: larger ones gain nothing, and each costs its own compiled code.
inline constexpr std::array<std::size_t, 2> kBatches = {1, 8};

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

    /// Runs `use` with a lane of its own: an idle one, or a new one.
    template <class Use>
    void with_lane(const Use& use) const {
        std::unique_ptr<Lane> lane = take_lane();
        use(*lane);
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(lane));
    }

private:
    [[nodiscard]] std::unique_ptr<Lane> take_lane() const;

    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    std::vector<Unit> units_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Lane>> idle_;
};

}  // namespace skerry::node::onednn
