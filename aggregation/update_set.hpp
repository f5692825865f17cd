#pragma once

#include "aggregation/accumulator.hpp"

namespace skerry::aggregation {

/// What is known of an update without its values.
struct UpdateInfo {
    Digest content{};  ///< names its bytes for ever
    Tier tier = Tier::Heavy;
    Weight weight = 1;
};

/// The frozen set of a round, sorted by whatever names its updates, so that order of arrival decides nothing. The
/// values are fetched, and perhaps decrypted, each time they are asked for: a set need not fit into memory.
class UpdateSet {
public:
    virtual ~UpdateSet() = default;

    [[nodiscard]] virtual std::size_t size() const = 0;
    [[nodiscard]] virtual UpdateInfo about(std::size_t update) const = 0;
    /// Borrowed until the next call. Fails with what the fetching fails with.
    virtual Result<DeltaBytes> delta(std::size_t update) = 0;
};

}  // namespace skerry::aggregation
