#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregation/accumulator.hpp"
#include "aggregation/kernels/fold.hpp"
#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::aggregation {

/// InvalidInput: a value not finite or beyond limits::kDeltaMax.
[[nodiscard]] Result<> check_bounds(DeltaBytes delta);

/// One update of several that are added together.
struct WeightedDelta {
    DeltaBytes delta;
    Weight weight = 1;
};
/// Updates that add_together() takes at most, and fastest.
inline constexpr std::size_t kAddedTogether = kernels::kTogether;

/// Σ w of the updates of exactly each tier.
using TierWeights = std::array<Weight, kTiers>;

/// The digest of a sum, before its sums: they come in order, as ExactMean::sums() has them.
[[nodiscard]] crypto::Sha256 begin_sum_digest(const TierSizes& sizes, const TierWeights& weights,
                                              std::uint64_t updates);

/// FedAvg by prefix: Σ wₖ·Δₖ[i] / Σ wₖ over the updates that cover i, summed exactly in 64-bit fixed point: any order
/// and any tree of merges give the same bytes. Each product is rounded once, half to even, to 2⁻¹⁶.
/// Memory: 8 bytes a parameter, however many nodes answer. Cost: one pass over the update and over the sums, which are
/// twice as long and read as well as written: five times the update's bytes. Four that are added together share what is
/// for the sums. A bad value is noticed in that pass, and what was added until then taken away again.
///
/// Why nothing overflows: |w·Δ| ≤ 2²²·2¹³, times 2¹⁶ is 2⁵¹, where doubles still tell whole numbers apart; and
/// |Σ w·Δ·2¹⁶| ≤ 2³⁰·2¹³·2¹⁶ = 2⁵⁹, to which the roundings of 2¹⁶ updates add at most 2¹⁵.
///
/// McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from Decentralized Data", Algorithm 1.
class ExactMean final : public Accumulator {
public:
    explicit ExactMean(const TierSizes& sizes);

    Result<> add(DeltaBytes delta, Weight weight) override;
    /// add() of each in one pass: the bytes are the same. 1 to kAddedTogether updates, of one length.
    /// Errors: add(); then none is added.
    Result<> add_together(std::span<const WeightedDelta> updates);
    Result<> merge(Accumulator&& other) override;
    [[nodiscard]] Digest digest() const override;
    Result<std::vector<float>> finish() && override;

    /// Begins anew, with other tiers, in the memory it has. Cheaper than another one: the first update is written over
    /// what is there. Until sums() only updates may follow.
    void restart(const TierSizes& sizes);
    /// What finish() returns; zero without an update. `mean`: shape [parameters].
    void write_mean(std::span<float> mean) const;
    /// Σ round(w·Δ·2¹⁶), little-endian 64-bit integers, shape [parameters].
    [[nodiscard]] ByteView sums();

    [[nodiscard]] std::uint64_t updates() const { return updates_; }
    [[nodiscard]] Weight weight() const { return weight_total_; }

private:
    void reach(std::size_t last);
    [[nodiscard]] Result<std::size_t> tier_of(std::span<const WeightedDelta> updates) const;
    [[nodiscard]] Result<> check_room(std::uint64_t updates, Weight weight) const;
    bool fold_block(std::span<const WeightedDelta> updates, std::size_t first, std::size_t last);
    bool fold(std::span<const WeightedDelta> updates, std::size_t end);

    TierSizes sizes_;
    std::vector<std::int64_t> sums_;  ///< Σ round(w·Δ·2¹⁶), shape [parameters]
    std::size_t reached_ = 0;         ///< sums before this are sums; others are what was there before
    TierWeights weights_{};
    Weight weight_total_ = 0;    ///< ≤ limits::kRoundWeightMax
    std::uint64_t updates_ = 0;  ///< ≤ limits::kRoundUpdatesMax
};

}  // namespace skerry::aggregation
