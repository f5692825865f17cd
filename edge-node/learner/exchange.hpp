#pragma once

#include <optional>
#include <span>

#include "common/threads/idle_time.hpp"
#include "edge-node/learner/torch_engine.hpp"
#include "edge-node/learning/learner_wire.hpp"

namespace skerry::node {

/// Answers requests out of shared memory: the child's half of learner_wire.hpp. Checks everything it is told.
class Exchange {
public:
    /// `run` is called for each piece of arithmetic: a forward pass of some rows, or one step of
    /// training.
    explicit Exchange(RunPiece run) : run_(std::move(run)) {}

    /// Performs one request on `mapping` and says how it went. Never fails: what is wrong is in the answer.
    [[nodiscard]] learner_wire::Answer answer(const learner_wire::Request& request, std::span<std::byte> mapping);

private:
    Result<> load(const learner_wire::Regions& regions);
    Result<> forward(const learner_wire::Regions& regions) const;
    Result<TorchEngine::Trained> train(const learner_wire::Regions& regions, std::uint64_t optimiser_steps) const;

    RunPiece run_;
    std::optional<TorchEngine> engine_;  ///< none until Load
};

}  // namespace skerry::node
