#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/drift_alarm.hpp"
#include "common/base/shared_weights.hpp"
#include "feedback/error_type.hpp"
#include "feedback/prequential.hpp"

namespace skerry::node {

/// What one trigger did and why, for the log, the status page and the update that is sent.
struct LearningReport {
    std::uint64_t trigger = 0;      ///< counts triggers of this node, from 1
    std::size_t rows = 0;           ///< labelled samples in it
    std::size_t dropped_rows = 0;   ///< of another model or malformed: consumed, not learned
    std::size_t trained_rows = 0;   ///< new rows that went into accepted steps; 0 when nothing was accepted
    std::size_t held_out_rows = 0;  ///< kept to judge steps, never trained on
    std::size_t doubted_rows = 0;   ///< whose label seems wrong: neither trained on nor kept
    double label_noise = 0;         ///< share of labels that seem wrong lately
    std::size_t made_rows = 0;      ///< counterexamples that were trained on
    std::array<std::size_t, feedback::kErrorTypes> errors{};  ///< wrong answers by type
    feedback::PrequentialNumbers prequential;

    double loss = 0;           ///< mean over the new rows, before the step, with the class prior
    double accuracy = 0;       ///< of the deepest exit on the new rows, before the step
    double elastic = 1;        ///< e that this trigger used
    double learning_rate = 0;  ///< η₀·e
    bool drift = false;
    bool reacting = false;  ///< more passes than usual
    double loss_z = 0;
    std::uint64_t drift_window = 0;  ///< error bits that ADWIN holds
    double drift_error = 0;          ///< their mean
    std::size_t passes = 0;
    std::size_t steps = 0;
    double step_loss_first = 0;  ///< of the first and the last mini-step
    double step_loss_last = 0;
    std::size_t gate_rows = 0;  ///< validation rows that judged the step
    double gate_t = 0;          ///< above LearningConfig::gate_t_max: dropped
    std::size_t rejects_in_a_row = 0;
    bool paused = false;  ///< too many dropped steps: nothing was trained
    std::string reason;   ///< one sentence for an operator
};

/// What every exit said of a trigger's new rows, at the weights before its step.
struct LabelledLogits {
    std::size_t exits = 0;
    std::size_t classes = 0;
    std::vector<float> logits;          ///< shape [labels, exits, classes]
    std::vector<std::uint32_t> labels;  ///< below classes
};

/// The outcome of one trigger. Make `checkpoint` durable together with the consumption of `consumed`, then publish.
struct Learned {
    bool accepted = false;                ///< the weights took a step; otherwise only the normaliser may have moved
    SharedWeights parameters;             ///< what to serve from now on
    std::vector<std::uint64_t> consumed;  ///< keys of all rows of the batch
    std::vector<feedback::JudgedError> errors;  ///< of its wrong answers
    std::vector<DriftAlarm> alarms;             ///< without number, time and version, which the owner has
    LearningReport report;
    LabelledLogits readings;
};

}  // namespace skerry::node
