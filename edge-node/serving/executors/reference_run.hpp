#pragma once

#include <optional>
#include <string>
#include <vector>

#include "edge-node/serving/executors/lineup.hpp"

namespace skerry::node {

/// What the reference makes of a few inputs at every border between stages: another executor is held against it.
class ReferenceRun {
public:
    /// `inputs`: normalised, shape [batch, input.values()].
    ReferenceRun(const Executor& reference, const parameters::ModelSpec& spec, Tier held, std::vector<float> inputs,
                 std::size_t batch);

    [[nodiscard]] std::size_t batch() const { return batch_; }
    [[nodiscard]] std::size_t units() const { return values_.size(); }
    [[nodiscard]] std::span<const float> in(std::size_t unit) const;
    [[nodiscard]] std::span<const float> out(std::size_t unit) const { return values_[unit]; }

private:
    std::size_t batch_;
    std::vector<float> inputs_;
    std::vector<std::vector<float>> values_;  ///< what each unit gives
};

/// `batch` normalised inputs to check with: `samples` in turn (scaled, shape [rows, input.values()]); where there are
/// none, drawn ones, the same each time.
[[nodiscard]] std::vector<float> check_inputs(const parameters::ModelSpec& spec,
                                              const parameters::ParameterLayout& layout,
                                              std::span<const float> parameters, std::span<const float> samples,
                                              std::size_t batch);

/// Why `executor` cannot be trusted to serve in the reference's place: it threw, gave what is not a number, or differs.
/// An exact one may differ by rounding, in maps and logits; another only in logits, by a tenth of the largest, and in
/// the class only where the reference itself hesitates: its two best are closer than a twentieth. Nothing: it agrees.
[[nodiscard]] std::optional<std::string> doubt_about(const Executor& executor, bool exact, const ReferenceRun& run);

}  // namespace skerry::node
