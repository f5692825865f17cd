#include "edge-node/learning/learning_policy.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/finite.hpp"
#include "common/base/limits.hpp"

namespace skerry::node {
namespace {

// Of the billion that one value of a node's database holds; the rest is for the remembered samples.
constexpr std::size_t kCheckpointWeightBytesMax = 12 * limits::kParametersMax;

Result<LearningModel> usable(const LearningConfig& config, const parameters::ModelSpec& spec) {
    if (const auto problems = config.problems(); !problems.empty()) {
        std::string text;
        for (const std::string& problem : problems)
            text += (text.empty() ? "" : "; ") + problem;
        return fail(ErrorCode::InvalidInput, text);
    }
    auto layout = SKERRY_TRY(parameters::ParameterLayout::of(spec));
    const std::size_t vectors = 1 + shape_of(optimiser_of(config.rate_rule)).vectors;
    if (layout.size() > kCheckpointWeightBytesMax / (vectors * sizeof(float))) {
        return fail(ErrorCode::InvalidInput, "learning.rate_rule = " + std::string(name_of(config.rate_rule)) +
                                                 " remembers too much for a model of this size: choose elastic");
    }
    return LearningModel{spec, std::move(layout)};
}

}  // namespace

Result<std::unique_ptr<LearningPolicy>> LearningPolicy::create(LearningEngine& engine, LearningConfig config,
                                                               const parameters::ModelSpec& spec,
                                                               SharedWeights parameters) {
    LearningModel model = SKERRY_TRY(usable(config, spec));
    SKERRY_TRY(model.layout.tier_of_prefix(parameters->size()));
    LearningState state(config, spec, std::move(parameters));
    return std::unique_ptr<LearningPolicy>(
        new LearningPolicy(engine, std::move(config), std::move(model), std::move(state)));
}

Result<std::unique_ptr<LearningPolicy>> LearningPolicy::restore(LearningEngine& engine, LearningConfig config,
                                                                const parameters::ModelSpec& spec,
                                                                ByteView checkpoint) {
    LearningModel model = SKERRY_TRY(usable(config, spec));
    LearningState state = SKERRY_TRY(LearningState::load(checkpoint, config, model));
    return std::unique_ptr<LearningPolicy>(
        new LearningPolicy(engine, std::move(config), std::move(model), std::move(state)));
}

void LearningPolicy::learn(std::span<const feedback::LabelledSample> batch, OnLearned on_learned) {
    if (busy()) return on_learned(fail(ErrorCode::Conflict, "the last batch is still being learned"));
    on_learned_ = std::move(on_learned);
    trigger_ = std::make_shared<LearningTrigger>(
        engine_, config_, model_, state_,
        [this](Result<LearningTrigger::Outcome> outcome) { on_outcome(std::move(outcome)); });
    const auto running = trigger_;  // an engine that answers at once ends it inside run()
    running->run(batch);
}

void LearningPolicy::on_outcome(Result<LearningTrigger::Outcome> outcome) {
    const OnLearned on_learned = std::exchange(on_learned_, nullptr);
    trigger_.reset();
    if (!outcome) return on_learned(tl::unexpected(std::move(outcome).error()));
    state_ = std::move(outcome->state);
    outcome->learned.parameters = state_.parameters;
    on_learned(std::move(outcome->learned));
}

Result<> LearningPolicy::rebase(SharedWeights parameters) {
    SKERRY_ASSERT(!busy());
    if (parameters->size() != state_.parameters->size() || !all_finite(*parameters)) {
        return fail(ErrorCode::InvalidInput, "the new weights have another length, or are not finite");
    }
    state_.parameters = std::move(parameters);
    state_.previous = nullptr;
    state_.anchor = state_.parameters;
    // What was seen of the old weights: which labels look wrong to them, whom their deeper exits can teach.
    state_.noise.begin_anew();
    state_.distillation = {};
    // Its bets are distances from where it began: they would undo what has come.
    if (config_.rate_rule == RateRule::Cocob) state_.optimiser = {};
    state_.paused_until = 0;
    state_.rejects_in_a_row = 0;
    return {};
}

Result<> LearningPolicy::roll_back(std::vector<float> parameters) {
    SKERRY_TRY(rebase(std::move(parameters)));
    state_.optimiser = {};
    state_.rate = LearningRate(config_);
    state_.class_profile = {};
    return {};
}

void LearningPolicy::heed(const wire::SoftLabels& fleet) {
    SKERRY_ASSERT(!busy());
    state_.class_targets = nullptr;
    if (config_.soft_labels <= 0 || state_.parameters->size() == model_.layout.size()) return;
    std::vector<float> targets = class_targets_of(fleet, model_.spec.classes.size());
    if (!targets.empty()) state_.class_targets = std::make_shared<const std::vector<float>>(std::move(targets));
}

wire::SoftLabels LearningPolicy::soft_labels() const {
    return config_.soft_labels > 0 ? state_.class_profile.soft_labels() : wire::SoftLabels();
}

}  // namespace skerry::node
