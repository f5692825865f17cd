#include "aggregation/rules/held_set.hpp"

#include "aggregation/exact_mean.hpp"

namespace skerry::aggregation {

HeldSet::HeldSet(UpdateSet& set, const TierSizes& sizes, std::size_t held_max)
    : set_(set), sizes_(sizes), room_(held_max), kept_(set.size()) {
    std::size_t bytes = 0;
    for (std::size_t k = 0; k < set.size() && bytes <= held_max; ++k)
        bytes += values_of(k) * sizeof(float);
    all_fit_ = bytes <= held_max;
}

Result<DeltaBytes> HeldSet::part(std::size_t update, std::size_t first, std::size_t count) {
    SKERRY_TRY(keep(update));
    if (std::holds_alternative<Elsewhere>(kept_[update])) return fetch(update, first, count);
    if (const auto* const sparse = std::get_if<SparseValues>(&kept_[update])) {
        part_.resize(count);
        sparse->read(first, part_);
        return std::as_bytes(std::span<const float>(part_));
    }
    return DeltaBytes(std::get<Bytes>(kept_[update])).subspan(first * sizeof(float), count * sizeof(float));
}

Result<const SparseValues*> HeldSet::sparse(std::size_t update) {
    SKERRY_TRY(keep(update));
    return std::get_if<SparseValues>(&kept_[update]);
}

Result<bool> HeldSet::keeps_all() {
    for (std::size_t k = 0; k < size(); ++k) {
        SKERRY_TRY(keep(k));
        if (std::holds_alternative<Elsewhere>(kept_[k])) return false;
    }
    return true;
}

Result<> HeldSet::keep(std::size_t update) {
    if (!std::holds_alternative<std::monostate>(kept_[update])) return {};
    kept_[update] = Elsewhere();
    auto sparse = SKERRY_TRY(set_.sparse(update));
    if (!sparse) {
        if (all_fit_) kept_[update] = copy_of(SKERRY_TRY(fetch(update, 0, values_of(update))));
        return {};
    }
    if (sparse->bytes() > room_) return {};
    room_ -= sparse->bytes();
    SKERRY_TRY(check_length(sparse->size, update));
    SKERRY_TRY(check_bounds(std::as_bytes(std::span<const float>(sparse->values))));
    kept_[update] = *std::move(sparse);
    return {};
}

Result<> HeldSet::check_length(std::size_t values, std::size_t update) const {
    if (values == values_of(update)) return {};
    return fail(ErrorCode::InvalidInput,
                "an update of " + std::to_string(values) + " values is not its tier's prefix of this model");
}

Result<DeltaBytes> HeldSet::fetch(std::size_t update, std::size_t first, std::size_t count) {
    SKERRY_TRY(check_length(SKERRY_TRY(set_.values(update)), update));
    const DeltaBytes part = SKERRY_TRY(set_.part(update, first, count));
    SKERRY_TRY(check_bounds(part));
    return part;
}

}  // namespace skerry::aggregation
