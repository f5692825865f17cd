#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "edge-node/router/exit_reading.hpp"
#include "edge-node/router/router.hpp"
#include "edge-node/serving/snapshot.hpp"

namespace skerry::node {

/// How one sample was answered.
struct Answer {
    Tier tier = Tier::Light;    ///< the exit that answered
    std::vector<float> logits;  ///< of that exit, shape [classes]
    ExitReading reading;        ///< of that exit
    /// The complexity score that chose the tier: below 0.3 light, below 0.7 medium, else heavy, on a node that holds
    /// all three. It is the score of the exit that sent the sample to the one that answered; of light, its own.
    float score = 0;
    /// The deadline came before the exit that the score asked for: this is the best answer so far.
    bool anytime = false;
    /// What each exit that was read on the way said; the one that answered is among them.
    std::array<std::optional<ExitGlance>, kTiers> glances{};
};

/// The buffers of one worker thread.
struct ClassifyScratch {
    ExecutorScratch executor;
    std::vector<float> map;       ///< of the stage that was run last
    std::vector<float> next_map;  ///< of the stage being run
};

/// Routes one sample through the exits of `snapshot`, none deeper than `deepest`.
/// `scaled`: as scaled_values gives it, shape [input.values()]; normalised in place.
[[nodiscard]] Answer classify(const Snapshot& snapshot, std::vector<float> scaled, const Router& router, Tier deepest,
                              ClassifyScratch& scratch);

/// The logits of every exit that the snapshot holds, for evaluation and audits.
[[nodiscard]] std::array<std::optional<std::vector<float>>, kTiers> all_exits(const Snapshot& snapshot,
                                                                              std::vector<float> scaled,
                                                                              ClassifyScratch& scratch);

}  // namespace skerry::node
