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

Result<DeltaBytes> HeldSet::part(std::size_t update, std::size_t first, std::size_t count) {
    if (!keeps_) return fetch(update, first, count);
    if (!kept_[update]) {
        const std::size_t values = sizes_[static_cast<std::size_t>(set_.about(update).tier)];
        kept_[update] = copy_of(SKERRY_TRY(fetch(update, 0, values)));
    }
    return DeltaBytes(*kept_[update]).subspan(first * sizeof(float), count * sizeof(float));
}

Result<DeltaBytes> HeldSet::fetch(std::size_t update, std::size_t first, std::size_t count) {
    const std::size_t values = SKERRY_TRY(set_.values(update));
    if (values != sizes_[static_cast<std::size_t>(set_.about(update).tier)]) {
        return fail(ErrorCode::InvalidInput,
                    "an update of " + std::to_string(values) + " values is not its tier's prefix of this model");
    }
    const DeltaBytes part = SKERRY_TRY(set_.part(update, first, count));
    SKERRY_TRY(check_bounds(part));
    return part;
}

}  // namespace skerry::aggregation
