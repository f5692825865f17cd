#pragma once

#include <span>
#include <vector>

#include "aggregation/rules/rule_spec.hpp"
#include "aggregation/update_set.hpp"

namespace skerry::aggregation {

/// What a set is aggregated under, beside the rule.
struct AggregationTerms {
    TierSizes sizes{};
    std::size_t statistics = 0;          ///< values at the front that are the normaliser's moments
    Digest seed{};                       ///< of bucketing; nobody may know it before the set is frozen
    std::span<const float> centre = {};  ///< what centred clipping starts from: the last result; empty: zero
    std::size_t memory_max = 256 << 20;  ///< bytes of updates held at a time. Never decides bytes of the result
};

/// One section's fate.
struct SectionReport {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t updates = 0;  ///< that cover it
    bool stepped = false;     ///< false: none, or too few for the rule; its Δ is zero
};

struct Aggregate {
    std::vector<float> delta;  ///< shape [parameters]; zero where no step is taken
    Digest digest{};           ///< of rule, terms, set and result; of the plain mean: of its exact sum
    std::vector<SectionReport> sections;
};

/// Makes one update of a set. Each section of the layout (light, what medium adds, what heavy adds) is a set of its
/// own: of the updates that cover it, with their norms and distances on it. Where too few cover what a tier adds, it
/// takes no step: a rule that promises nothing must not pretend. Too few for light are an error, because those are the
/// set.
///
/// The moments are whole values, of which neither length nor distance says anything: the plain mean averages them, any
/// other rule takes their coordinate median. Since each update has E[x²] ≥ E[x]², so has the median.
///
/// A function of its arguments, but for memory_max: the same bytes on every machine and after every restart.
/// Memory: `memory_max`, but at least 1 KiB an update, beside what the set holds, 8 bytes for each pair compared, and
/// the result. Each value is fetched once where all updates fit into half of memory_max, and by the plain mean, and of
/// an update without its zeroes where that does; else once for each pass. InvalidInput: an empty set, more than
/// limits::kRoundUpdatesMax or than the rule takes, too few for light, values not finite or out of bounds. Else what
/// the set fails with.
[[nodiscard]] Result<Aggregate> aggregate(const RuleSpec& rule, UpdateSet& set, const AggregationTerms& terms);

}  // namespace skerry::aggregation
