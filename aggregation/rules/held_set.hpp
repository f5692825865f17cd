#pragma once

#include <variant>
#include <vector>

#include "aggregation/update_set.hpp"

namespace skerry::aggregation {

/// A set whose values are checked as they come, and kept where they fit, so that passes over a small set fetch each
/// update once: updates without their zeroes one by one, the others where all would fit.
class HeldSet {
public:
    /// `held_max`: bytes that may be kept. The set outlives this.
    HeldSet(UpdateSet& set, const TierSizes& sizes, std::size_t held_max);

    [[nodiscard]] std::size_t size() const { return set_.size(); }
    [[nodiscard]] UpdateInfo about(std::size_t update) const { return set_.about(update); }
    /// Values [first, first + count), within its tier's prefix. Borrowed until the next call.
    /// InvalidInput: not its tier's prefix, or a value not finite or beyond limits::kDeltaMax.
    Result<DeltaBytes> part(std::size_t update, std::size_t first, std::size_t count);
    /// Its values that are not 0, where they are kept so; null: they are not. Borrowed until this ends. Errors: part().
    Result<const SparseValues*> sparse(std::size_t update);
    /// As UpdateSet's.
    [[nodiscard]] std::optional<TierNorms> norms(std::size_t update) const { return set_.norms(update); }
    /// Every update is kept. Errors: part().
    Result<bool> keeps_all();
    /// As UpdateSet's.
    Result<std::size_t> piece() { return SKERRY_TRY(keeps_all()) ? Result<std::size_t>(1) : set_.piece(); }

private:
    Result<DeltaBytes> fetch(std::size_t update, std::size_t first, std::size_t count);
    /// Keeps it if there is room; asked once.
    Result<> keep(std::size_t update);
    [[nodiscard]] Result<> check_length(std::size_t values, std::size_t update) const;
    [[nodiscard]] std::size_t values_of(std::size_t update) const {
        return sizes_[static_cast<std::size_t>(set_.about(update).tier)];
    }

    UpdateSet& set_;
    TierSizes sizes_;
    bool all_fit_ = false;  ///< as they are when written out
    std::size_t room_;      ///< bytes, for those without zeroes
    struct Elsewhere {};    ///< fetched each time
    using Kept = std::variant<std::monostate, Elsewhere, Bytes, SparseValues>;
    std::vector<Kept> kept_;
    std::vector<float> part_;  ///< of one without zeroes
};

}  // namespace skerry::aggregation
