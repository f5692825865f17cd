#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "aggregation/accumulator.hpp"
#include "common/base/limits.hpp"

namespace skerry::aggregation {

/// InvalidInput: a value not finite or beyond limits::kDeltaMax.
[[nodiscard]] Result<> check_bounds(DeltaBytes delta);

/// FedAvg by prefix: Σ wₖ·Δₖ[i] / Σ wₖ over the updates that cover i, summed exactly in 64-bit fixed point: any order
/// and any tree of merges give the same bytes. Each product is rounded once, half to even, to 2⁻¹⁶.
/// Memory: 8 bytes a parameter, however many nodes answer. Cost: one pass over the update and over the sums, which are
/// twice as long and read as well as written: five times the update's bytes. A bad value is noticed in that pass, and
/// what was added until then taken away again.
///
/// Why nothing overflows: |w·Δ| ≤ 2²²·2¹³, times 2¹⁶ is 2⁵¹, where doubles still tell whole numbers apart; and
/// |Σ w·Δ·2¹⁶| ≤ 2³⁰·2¹³·2¹⁶ = 2⁵⁹, to which the roundings of 2¹⁶ updates add at most 2¹⁵.
///
/// McMahan et al. 2017, "Communication-Efficient Learning of Deep Networks from Decentralized Data", Algorithm 1.
class ExactMean final : public Accumulator {
public:
    explicit ExactMean(const TierSizes& sizes);

    Result<> add(DeltaBytes delta, Weight weight) override;
    Result<> merge(Accumulator&& other) override;
    [[nodiscard]] Digest digest() const override;
    Result<std::vector<float>> finish() && override;

    [[nodiscard]] std::uint64_t updates() const { return updates_; }
    [[nodiscard]] Weight weight() const { return weight_total_; }

private:
    [[nodiscard]] Result<> check_room(std::uint64_t updates, Weight weight) const;

    TierSizes sizes_;
    std::vector<std::int64_t> sums_;        ///< Σ round(w·Δ·2¹⁶), shape [parameters]
    std::array<Weight, kTiers> weights_{};  ///< Σ w of the updates of exactly this tier
    Weight weight_total_ = 0;               ///< ≤ limits::kRoundWeightMax
    std::uint64_t updates_ = 0;             ///< ≤ limits::kRoundUpdatesMax
};

}  // namespace skerry::aggregation
