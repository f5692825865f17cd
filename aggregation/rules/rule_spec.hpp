#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.hpp"

namespace skerry::aggregation {

/// More updates than this and a rule that compares each with each is refused: 8 MiB of inner products.
inline constexpr std::size_t kComparedUpdatesMax = 1024;

/// How many neighbours a score of Krum counts, of n updates of which f are hostile.
enum class Neighbours {
    Blanchard,  ///< n-f-2
    Byzfl,      ///< n-f-1
};

struct MeanRule {};
struct MedianRule {};
struct TrimmedMeanRule {
    double share = 0;  ///< of the updates, cut off at each end: ⌊share·n⌋; in [0, 0.5)
};
struct KrumRule {
    std::size_t hostile = 0;
    Neighbours neighbours = Neighbours::Blanchard;
};
struct MultiKrumRule {
    std::size_t hostile = 0;
    std::size_t chosen = 0;  ///< how many are averaged; 0: as many as neighbours are counted, byzfl: n-f
    Neighbours neighbours = Neighbours::Blanchard;
};
struct BulyanRule {
    std::size_t hostile = 0;
};
struct GeometricMedianRule {
    double smoothing = 1e-6;
    std::size_t iterations = 32;
};
struct CentredClippingRule {
    double radius = 0;  ///< 0: each time the lower median of the distances
    std::size_t iterations = 5;
};
using Rule = std::variant<MeanRule, MedianRule, TrimmedMeanRule, KrumRule, MultiKrumRule, BulyanRule,
                          GeometricMedianRule, CentredClippingRule>;

struct NormBoundStep {
    std::optional<double> bound;  ///< none: the lower median of the norms
};
struct NearestNeighbourStep {
    std::size_t hostile = 0;
};
struct BucketingStep {
    std::size_t size = 2;
};
using MixingStep = std::variant<NearestNeighbourStep, BucketingStep>;

/// How the updates of a round become one. Which of their weights count is said where each rule is.
struct RuleSpec {
    std::optional<NormBoundStep> norm_bound;  ///< before all else
    std::vector<MixingStep> mixing;           ///< in order; what they make has no weights
    Rule rule;

    /// The exact mean (exact_mean.hpp), whose bytes are those that they always were.
    [[nodiscard]] bool is_plain_mean() const;
    /// Whether its result depends on AggregationTerms::seed.
    [[nodiscard]] bool draws() const;
    /// Whether updates are compared with each other or mixed: then kComparedUpdatesMax holds.
    [[nodiscard]] bool compares() const;
    /// InvalidInput: the rule promises nothing for so few updates, or they are more than it compares.
    [[nodiscard]] Result<> check_count(std::size_t updates) const;
    /// The fewest that check_count() takes; what a quorum must be.
    [[nodiscard]] std::size_t updates_min() const;
};

/// Steps and, last, a rule: "mean", "norm_bound, mean", "nnm(2), trimmed_mean(0.2)".
/// InvalidInput: anything else; the message lists what there is.
[[nodiscard]] Result<RuleSpec> parse_rule(std::string_view text);

/// As parse_rule reads it, with every number that decides something.
[[nodiscard]] std::string text_of(const RuleSpec& spec);

}  // namespace skerry::aggregation
