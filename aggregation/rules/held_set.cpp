#include "aggregation/rules/held_set.hpp"

#include "aggregation/exact_mean.hpp"

namespace skerry::aggregation {

HeldSet::HeldSet(UpdateSet& set, const TierSizes& sizes, std::size_t held_max)
    : set_(set), sizes_(sizes), kept_(set.size()) {
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < set.size() && bytes <= held_max; ++k)
        bytes += sizes[static_cast<std::size_t>(set.about(k).tier)] * sizeof(float);
    keeps_ = bytes <= held_max;
}

Result<DeltaBytes> HeldSet::delta(std::size_t update) {
    if (kept_[update]) return DeltaBytes(*kept_[update]);
    const DeltaBytes delta = SKERRY_TRY(set_.delta(update));
    if (delta.size() != sizes_[static_cast<std::size_t>(set_.about(update).tier)] * sizeof(float)) {
        return fail(ErrorCode::InvalidInput,
                    "an update of " + std::to_string(delta.size()) + " bytes is not its tier's prefix of this model");
    }
    SKERRY_TRY(check_bounds(delta));
    if (keeps_) kept_[update] = copy_of(delta);
    return kept_[update] ? DeltaBytes(*kept_[update]) : delta;
}

}  // namespace skerry::aggregation
