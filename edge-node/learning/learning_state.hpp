#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/shared_weights.hpp"
#include "common/parameters/layout.hpp"
#include "common/parameters/model_spec.hpp"
#include "edge-node/learning/class_drift.hpp"
#include "edge-node/learning/class_profile.hpp"
#include "edge-node/learning/counterexamples.hpp"
#include "edge-node/learning/distillation.hpp"
#include "edge-node/learning/drift_monitor.hpp"
#include "edge-node/learning/engine.hpp"
#include "edge-node/learning/error_analysis.hpp"
#include "edge-node/learning/label_shares.hpp"
#include "edge-node/learning/learning_config.hpp"
#include "edge-node/learning/noise_rate.hpp"
#include "edge-node/learning/rate_rule.hpp"
#include "edge-node/learning/replay_share.hpp"
#include "feedback/prequential.hpp"
#include "feedback/reservoir.hpp"

namespace skerry::node {

/// What learning is about: the same for the life of a policy.
struct LearningModel {
    parameters::ModelSpec spec;
    parameters::ParameterLayout layout;
};

/// Everything that learning remembers from one trigger to the next. A trigger works on a copy and replaces the
/// original at its end, so that a lost engine leaves no trace.
struct LearningState {
    LearningState(const LearningConfig& config, const parameters::ModelSpec& spec, SharedWeights weights);

    SharedWeights parameters;
    SharedWeights previous;  ///< before the last accepted step; null after a pull, a drop or a restart: no probe then
    SharedWeights
        anchor;  ///< what the last pull gave: FedProx pulls towards it; null before the first and after a restart
    SharedWeights class_targets;  ///< what the fleet's heavy exits say of each class; null: nothing is known, or wanted
    OptimiserState optimiser;
    LearningRate rate;
    DriftMonitor drift;
    ClassDrift class_drift;
    EnergyHistory energies;
    ErrorParents parents;
    Distillation distillation;
    ClassProfile class_profile;
    LabelShares labels;
    NoiseRate noise;
    ReplayShare replay_share;
    feedback::Prequential prequential;
    feedback::Reservoir replay;
    feedback::Reservoir validation;
    Random random;
    bool relabelled = false;              ///< while reacting: the last drift gave known inputs other answers
    std::vector<bool> came;               ///< classes since then, shape [classes]
    std::array<double, kTiers> served{};  ///< answers of each tier lately, fading
    std::uint64_t triggers = 0;
    std::size_t rejects_in_a_row = 0;
    std::uint64_t paused_until = 0;  ///< trigger number; 0: not paused

    /// Everything but `previous`, `anchor` and `class_targets`, in one piece; begins with the model's identity.
    [[nodiscard]] Bytes save(const parameters::ModelSpec& spec, const LearningConfig& config) const;
    /// VersionMismatch: of another model or a newer program. InvalidInput: damaged. Reservoirs are cut to `config`;
    /// what an optimiser or a rule of the rate remembered is of no use to another, which begins anew.
    [[nodiscard]] static Result<LearningState> load(ByteView bytes, const LearningConfig& config,
                                                    const LearningModel& model);
};

}  // namespace skerry::node
