#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/datasets/dataset.hpp"
#include "common/parameters/model_file.hpp"
#include "edge-node/serving/classify.hpp"

namespace skerry::node {

/// How well an exported version does on labelled data.
struct Evaluation {
    std::uint64_t samples = 0;
    std::array<std::optional<std::uint64_t>, kTiers> correct_of_exit{};  ///< each exit on all samples; none: not held
    std::array<std::uint64_t, kTiers> routed{};                          ///< samples answered by each tier
    /// Median time of a routed answer by tier, from the sample's bytes; none where a tier answered nothing.
    std::array<std::optional<std::chrono::nanoseconds>, kTiers> median_time{};
    std::vector<std::uint64_t> labels{};            ///< samples of each class, shape [classes]
    std::vector<std::uint64_t> correct_of_class{};  ///< of these, as a node answers

    /// As a node answers.
    [[nodiscard]] std::uint64_t routed_correct() const;
    /// The mean of the classes' shares that a node answers rightly, of those that came: rare ones count like others.
    [[nodiscard]] double balanced() const;
    /// What always naming the most frequent class would get right.
    [[nodiscard]] std::uint64_t majority_correct() const;
};

/// Reads `source` to its end; all exits and the route of each sample. Deterministic but for the times.
/// InvalidInput: the model is not consistent, the source is damaged, endless or empty.
[[nodiscard]] Result<Evaluation> evaluate(const parameters::ExportedModel& model, datasets::SampleSource& source,
                                          const Router& router, const ExecutorFactory& factory);

}  // namespace skerry::node
