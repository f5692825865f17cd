#pragma once

#include <optional>

#include "aggregation/accumulator.hpp"
#include "common/base/sparse_values.hpp"

namespace skerry::aggregation {

/// What is known of an update without its values.
struct UpdateInfo {
    Digest content{};  ///< names its bytes for ever
    Tier tier = Tier::Heavy;
    Weight weight = 1;
};

/// The frozen set of a round, sorted by whatever names its updates, so that order of arrival decides nothing. Values
/// are fetched, and perhaps decrypted, as they are asked for: neither a set nor an update need fit into memory.
class UpdateSet {
public:
    virtual ~UpdateSet() = default;

    [[nodiscard]] virtual std::size_t size() const = 0;
    [[nodiscard]] virtual UpdateInfo about(std::size_t update) const = 0;

    // Each fails with what the fetching fails with.

    /// How many values its Δ has; its tier's prefix, if nobody is mistaken.
    [[nodiscard]] virtual Result<std::size_t> values(std::size_t update) = 0;
    /// Values [first, first + count) of Δ, all of them within it. Borrowed until the next call, or as lend()
    /// says.
    [[nodiscard]] virtual Result<DeltaBytes> part(std::size_t update, std::size_t first, std::size_t count) = 0;
    /// From here on the last so many parts are borrowed: 1 to `wanted`.
    [[nodiscard]] virtual Result<std::size_t> lend(std::size_t) { return 1; }
    /// What TierNormSums finds of its Δ, where that is known.
    [[nodiscard]] virtual std::optional<TierNorms> norms(std::size_t) const { return std::nullopt; }
    /// All of Δ without its zeroes, where it is written so; then that is what passes should ask for.
    [[nodiscard]] virtual Result<std::optional<SparseValues>> sparse(std::size_t) { return std::nullopt; }
    /// Parts of fewer values than this are dear, so passes should ask for as many where they can.
    [[nodiscard]] virtual Result<std::size_t> piece() { return 1; }
};

}  // namespace skerry::aggregation
