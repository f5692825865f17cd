#include "aggregation/rule_by_name.hpp"

#include <string>

#include "aggregation/exact_mean.hpp"

namespace skerry::aggregation {

Result<std::unique_ptr<Accumulator>> rule_by_name(std::string_view name, const TierSizes& sizes) {
    if (name == "mean") return std::make_unique<ExactMean>(sizes);
    return fail(ErrorCode::InvalidInput, "no aggregation rule '" + std::string(name) + "': there is 'mean'");
}

}  // namespace skerry::aggregation
