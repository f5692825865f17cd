#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/base/time.hpp"
#include "edge-node/learning/counterexamples.hpp"
#include "edge-node/learning/error_analysis.hpp"
#include "edge-node/learning/learning_report.hpp"
#include "edge-node/learning/learning_state.hpp"
#include "edge-node/learning/step_planner.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// One trigger from its batch to its verdict, on its own copy of the state:
///
///   forward(now) → prequential, drift, types of errors ─▶ [forward(twice) → forward(half) → e]
///   ─▶ [counterexamples → forward(now)] → train → forward(new) → gate → done
///
/// Each arrow is one answer of the engine. Lives until its last answer; keeps itself alive meanwhile.
class LearningTrigger : public std::enable_shared_from_this<LearningTrigger> {
public:
    struct Outcome {
        LearningState state;
        Learned learned;
    };
    using OnOutcome = std::function<void(Result<Outcome>)>;

    LearningTrigger(LearningEngine& engine, const LearningConfig& config, const LearningModel& model,
                    LearningState state, OnOutcome on_outcome);

    /// An engine's failure ends the trigger as that error; no result, no trace.
    void run(std::span<const feedback::LabelledSample> batch);

private:
    void take_batch(std::span<const feedback::LabelledSample> batch);
    void on_now(ForwardResult answers);
    void raise_alarms(const DriftMonitor::Finding& finding, const std::vector<bool>& errors);
    void on_drift(const ForwardResult& answers);
    void judge_errors(const ForwardResult& answers);
    void profile_classes(const ForwardResult& answers);
    void choose_rows();
    void keep_held_out();
    [[nodiscard]] MadeRows made_rows();
    void on_twice(ForwardResult answers);
    void on_half(ForwardResult answers);
    void not_judged();
    void train();
    void on_made(ForwardResult answers);
    void step();
    void on_trained(TrainResult result);
    void on_after(ForwardResult answers);
    void reject(const std::string& why);
    void finish();

    void forward(std::span<const float> weights, std::span<const float> rows,
                 void (LearningTrigger::*then)(ForwardResult));
    template <class T, class Then>
    LearningEngine::OnDone<T> when_done(Then then);
    [[nodiscard]] std::vector<float> moved_along_last_step(float length) const;
    [[nodiscard]] std::vector<std::size_t> judging_rows() const;
    [[nodiscard]] bool doubted(std::size_t place) const;
    void read_past();
    void read(const feedback::Reservoir& reservoir, std::vector<float>& rows, std::vector<std::uint32_t>& labels) const;
    [[nodiscard]] std::vector<float> undoubted(const std::vector<float>& of_all_rows) const;
    void note_what_comes();
    void rename_classes(const ForwardResult& answers);
    void end_reaction();
    [[nodiscard]] bool reviews() const;
    void forget_wrong_labels(const ForwardResult& answers);
    void review_the_past(const ForwardResult& answers);
    [[nodiscard]] std::vector<std::uint32_t> answered_now(const feedback::Reservoir& reservoir,
                                                          const ForwardResult& answers, std::size_t first) const;

    LearningEngine& engine_;        // outlives us
    const LearningConfig& config_;  // outlives us, as the model does
    const LearningModel& model_;
    LearningState state_;
    OnOutcome on_outcome_;
    Learned learned_;
    std::string why_;

    std::vector<feedback::LabelledSample> batch_;  ///< what fits the model
    std::vector<float> all_rows_;                  ///< of it: scaled
    std::vector<std::uint32_t> all_labels_;
    std::vector<feedback::ErrorType> types_;  ///< of it
    std::vector<std::size_t> chosen_;         ///< places in the batch to train on
    std::vector<float> rows_;                 ///< of them: scaled
    std::vector<std::uint32_t> labels_;
    MadeRows made_;                       ///< counterexamples
    std::vector<float> validation_rows_;  ///< of the whole validation reservoir, as the others are
    std::vector<std::uint32_t> validation_labels_;
    std::vector<float> replay_rows_;
    std::vector<std::uint32_t> replay_labels_;
    std::vector<float> prior_;
    std::array<float, kTiers> exits_{};
    std::vector<float> losses_now_;  ///< of all_rows_, with the prior
    std::vector<float> losses_twice_;
    std::vector<float> validation_losses_;  ///< before the step, without the prior: that set is balanced
    SharedWeights trained_;                 ///< a step that the gate has not judged yet
    OptimiserState trained_optimiser_;
    float trained_rate_ = 0;
};

}  // namespace skerry::node
