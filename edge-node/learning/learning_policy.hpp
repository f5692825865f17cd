#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "edge-node/learning/learning_trigger.hpp"

namespace skerry::node {

/// Learning while serving, decided: what a node makes of each hundred labels.
///
/// Owns no thread, clock, file or tensor; drives an engine and remembers between triggers. Deterministic: the same
/// batches, engine and seed give the same weights. The owner makes checkpoint() durable in one transaction with the
/// consumption of the labels (feedback::LabelStore::commit_step), then publishes the weights. One thread at a time.
class LearningPolicy {
public:
    using OnLearned = std::function<void(Result<Learned>)>;

    /// Starts without a past. `parameters` may be a prefix: a light node learns light.
    /// InvalidInput: the configuration or the model has problems, or the parameters are no tier's length.
    [[nodiscard]] static Result<std::unique_ptr<LearningPolicy>> create(LearningEngine& engine, LearningConfig config,
                                                                        const parameters::ModelSpec& spec,
                                                                        SharedWeights parameters);
    [[nodiscard]] static Result<std::unique_ptr<LearningPolicy>> create(LearningEngine& engine, LearningConfig config,
                                                                        const parameters::ModelSpec& spec,
                                                                        std::vector<float> parameters) {
        return create(engine, config, spec, std::make_shared<const std::vector<float>>(std::move(parameters)));
    }
    /// Goes on from a checkpoint, with a configuration that may have changed since.
    /// VersionMismatch: the checkpoint is of another model, or of a newer program. InvalidInput: it is damaged, or as
    /// create().
    [[nodiscard]] static Result<std::unique_ptr<LearningPolicy>> restore(LearningEngine& engine, LearningConfig config,
                                                                         const parameters::ModelSpec& spec,
                                                                         ByteView checkpoint);

    /// Learns from a batch in the order of prediction, borrowed for this call; `on_learned` may run before it returns.
    /// A dropped step is no error: its labels are consumed all the same. After an error nothing has changed: offer the
    /// same batch again. Conflict: the last batch is not done. Unavailable: the engine died.
    void learn(std::span<const feedback::LabelledSample> batch, OnLearned on_learned);
    [[nodiscard]] bool busy() const { return trigger_ != nullptr; }

    /// New global weights came: `parameters` are those plus the local progress that they do not count. Keeps the
    /// optimiser's memory (but COCOB's) and e, forgets the last step and what was seen of the old weights (the share of
    /// wrong labels, whether deeper exits can teach), ends a pause. Not while busy().
    /// InvalidInput: another length than before, or not finite.
    [[nodiscard]] Result<> rebase(SharedWeights parameters);
    [[nodiscard]] Result<> rebase(std::vector<float> parameters) {
        return rebase(std::make_shared<const std::vector<float>>(std::move(parameters)));
    }

    /// What was learned on the weights is undone: `parameters` are those of a version. As rebase(), but begins anew
    /// with the optimiser's memory, e = 1 and what heavy said. What was seen stays: remembered samples, detectors,
    /// numbers.
    [[nodiscard]] Result<> roll_back(std::vector<float> parameters);

    /// What the fleet's heavy exits say of each class, from now on; not saved. Counts where soft labels are wanted and
    /// this node's tier has no heavy exit. Not while busy().
    void heed(const wire::SoftLabels& fleet);
    /// What this node's heavy exit has said lately, for the fleet; empty: soft labels are off, though they may have
    /// been on when the checkpoint was made, or the node has no such exit, or has seen too little.
    [[nodiscard]] wire::SoftLabels soft_labels() const;

    [[nodiscard]] SharedWeights parameters() const { return state_.parameters; }
    [[nodiscard]] feedback::PrequentialNumbers prequential() const { return state_.prequential.numbers(); }
    /// η of the next step; 0 where the rule has none.
    [[nodiscard]] double learning_rate() const { return state_.rate.learning_rate(); }
    [[nodiscard]] const LearningConfig& config() const { return config_; }
    /// All that restore() needs: of each parameter 4 bytes and what the optimiser remembers (shape_of), and the
    /// reservoirs.
    [[nodiscard]] Bytes checkpoint() const { return state_.save(model_.spec, config_); }

private:
    LearningPolicy(LearningEngine& engine, LearningConfig config, LearningModel model, LearningState state)
        : engine_(engine), config_(config), model_(std::move(model)), state_(std::move(state)) {}

    void on_outcome(Result<LearningTrigger::Outcome> outcome);

    LearningEngine& engine_;  // outlives us
    const LearningConfig config_;
    const LearningModel model_;
    LearningState state_;
    std::shared_ptr<LearningTrigger> trigger_;
    OnLearned on_learned_;
};

}  // namespace skerry::node
