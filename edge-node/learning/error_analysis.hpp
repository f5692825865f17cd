#pragma once

#include <deque>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "edge-node/learning/engine.hpp"
#include "edge-node/learning/noise_rate.hpp"
#include "edge-node/learning/replay_review.hpp"
#include "feedback/error_type.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// How strange the newest thousand inputs were to the model: −log Σ exp(z) of the deepest exit's logits.
/// Liu et al. 2020, "Energy-based Out-of-distribution Detection", arXiv 2010.03759.
class EnergyHistory {
public:
    /// Energies that all but one in two hundred stay below; infinite before there are 200.
    [[nodiscard]] float strange() const;
    void add(float energy);

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    std::deque<float> energies_;  ///< the oldest first
};

/// The energy of one row of logits.
[[nodiscard]] float energy_of(std::span<const float> logits);

/// One row of a trigger: what was answered, what is true, and what every exit says of it at the weights now.
struct AnsweredRow {
    const feedback::Prediction* prediction = nullptr;
    std::uint32_t label = 0;
    std::span<const float> scaled;  ///< as ReviewedRows has them
};

/// What holds for all rows of a trigger.
struct Circumstances {
    float strange = 0;  ///< EnergyHistory::strange()
    bool reacting = false;
    NoiseRate noise;
};

/// The types of a trigger's wrong answers; Unjudged where the answer was right. `answers`: of `rows` in their order, at
/// its beginning. `known`: remembered samples that can speak for or against a label.
/// Cost: beside a pass over the logits, known × min(values, 256) multiplications for each label that the model doubts.
[[nodiscard]] std::vector<feedback::ErrorType> types_of(std::span<const AnsweredRow> rows, const ForwardResult& answers,
                                                        const ReviewedRows& known, const Circumstances& circumstances);

/// What the deepest exit gives each label; `answers`: of the labels' rows, in order, at its beginning.
[[nodiscard]] std::vector<double> probabilities_of_labels(const ForwardResult& answers,
                                                          std::span<const std::uint32_t> labels);

}  // namespace skerry::node
