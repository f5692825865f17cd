#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/ids.hpp"

namespace skerry::aggregation {

/// One decoded update: Δ for a prefix of the parameter layout, little-endian float32, shape [prefix].
/// Borrowed bytes, not floats: a frame fresh from the network need not be aligned.
using DeltaBytes = ByteView;

/// An update's share in the mean: examples times the staleness table (staleness.hpp).
using Weight = std::uint64_t;

/// Parameters in the prefix of each tier, growing: light ≤ medium ≤ heavy.
using TierSizes = std::array<std::size_t, kTiers>;

/// The L2 norm of an update's increments to what each tier adds, the statistics left out; 0 where it does not reach.
using TierNorms = std::array<double, kTiers>;

/// Folds the updates of a round into one. Not thread-safe.
class Accumulator {
public:
    virtual ~Accumulator() = default;

    /// Adds one node's update; `weight` is at least 1.
    /// InvalidInput: not a tier's prefix, a weight or number of updates beyond limits.hpp, or a value not finite or
    /// beyond limits::kDeltaMax. The sum is then unchanged.
    virtual Result<> add(DeltaBytes delta, Weight weight) = 0;

    /// Adds what `other` has gathered, which ends `other`. Lets a tree of aggregators share the sum.
    /// InvalidInput: another rule or other tiers, or both together exceed limits.hpp. Both are then unchanged.
    virtual Result<> merge(Accumulator&& other) = 0;

    /// SHA-256 of everything that finish() depends on: two accumulators with the same digest give the same mean.
    [[nodiscard]] virtual Digest digest() const = 0;

    /// The mean Δ, shape [parameters]; zero where no update reached. Ends this accumulator.
    /// InvalidInput: nothing was added.
    virtual Result<std::vector<float>> finish() && = 0;
};

}  // namespace skerry::aggregation
