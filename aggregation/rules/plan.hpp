#pragma once

#include <optional>

#include "aggregation/rules/columns.hpp"
#include "aggregation/rules/gram.hpp"
#include "aggregation/rules/rule_spec.hpp"
#include "common/base/bytes.hpp"

namespace skerry::aggregation {

/// How a section's updates become its result, decided without their values.
struct Plan {
    /// What is made of the updates: one row is the result itself, unless `columns` says more. Empty: each update as it
    /// is, times its factor. Each as long as there are updates, and one longer where there is a centre.
    Rows rows;
    std::optional<ColumnRule> columns;  ///< applied to what `rows` makes
};

/// What a plan is a function of. All are of the updates that cover the section, in their order.
struct PlanInput {
    std::vector<double> weights;
    std::vector<double> factors;  ///< of the norm bound; 1 without one
    Gram products;                ///< of the updates as they came; empty unless compares(); the centre may be the last
    bool has_centre = false;      ///< for centred clipping alone
    Digest seed{};                ///< of bucketing's permutation
};

/// The count has been checked. Cost: n² log n, Bulyan n³, mixing n³.
[[nodiscard]] Plan plan_of(const RuleSpec& spec, const PlanInput& input);

}  // namespace skerry::aggregation
