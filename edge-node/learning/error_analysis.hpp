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
    std::span<const double> suspicions;  ///< of each row, as suspicions_of() has them; empty: nobody is suspected
};

/// The types of a trigger's wrong answers; Unjudged where the answer was right. `answers`: of `rows` in their order, at
/// its beginning. `known`: remembered samples that can speak for or against a label.
/// Cost: beside a pass over the logits, known × min(values, 256) multiplications for each label that the model doubts.
[[nodiscard]] std::vector<feedback::ErrorType> types_of(std::span<const AnsweredRow> rows, const ForwardResult& answers,
                                                        const ReviewedRows& known, const Circumstances& circumstances);

/// Above it a label is likelier wrong than right.
inline constexpr double kSuspected = 0.5;

/// How likely each label is wrong, by the deepest exit: NoiseRate::suspicion(). None is suspected that two of its three
/// nearest neighbours carry too, in the trigger or in memory: many who say the same are no noise, but something that
/// the model does not know yet. `answers`: of `rows`, in order, at its beginning. Cost: as types_of().
[[nodiscard]] std::vector<double> suspicions_of(const ReviewedRows& rows, const ForwardResult& answers,
                                                const ReviewedRows& known, const NoiseRate& noise);

}  // namespace skerry::node
