#pragma once

#include <optional>
#include <vector>

#include "aggregation/update_set.hpp"

namespace skerry::aggregation {

/// A set whose values are checked as they come, and kept where all of them fit, so that passes over a small set fetch
/// each update once.
class HeldSet {
public:
    /// `held_max`: bytes that may be kept. The set outlives this.
    HeldSet(UpdateSet& set, const TierSizes& sizes, std::size_t held_max);

    [[nodiscard]] std::size_t size() const { return set_.size(); }
    [[nodiscard]] UpdateInfo about(std::size_t update) const { return set_.about(update); }
    /// Values [first, first + count), within its tier's prefix. Borrowed until the next call.
    /// InvalidInput: not its tier's prefix, or a value not finite or beyond limits::kDeltaMax.
    Result<DeltaBytes> part(std::size_t update, std::size_t first, std::size_t count);
    /// As UpdateSet's.
    Result<std::size_t> piece() { return keeps_ ? Result<std::size_t>(1) : set_.piece(); }

private:
    Result<DeltaBytes> fetch(std::size_t update, std::size_t first, std::size_t count);

    UpdateSet& set_;
    TierSizes sizes_;
    bool keeps_ = false;
    std::vector<std::optional<Bytes>> kept_;
};

}  // namespace skerry::aggregation
