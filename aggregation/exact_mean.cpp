#include "aggregation/exact_mean.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "aggregation/kernels/fold.hpp"

namespace skerry::aggregation {
namespace {

constexpr double kUnit = static_cast<double>(1ULL << limits::kFractionBits);
// Values added before it is asked whether they were numbers: what may have to be taken away again.
constexpr std::size_t kBlock = 512;
constexpr std::uint32_t kMagnitudeMax = std::bit_cast<std::uint32_t>(limits::kDeltaMax);

static_assert(std::endian::native == std::endian::little, "updates and digests are little-endian");
static_assert(static_cast<double>(limits::kUpdateWeightMax) * limits::kDeltaMax * kUnit <= 0x1p51,
              "one product must stay where doubles tell whole numbers apart");
static_assert(static_cast<double>(limits::kRoundWeightMax) * limits::kDeltaMax * kUnit <= 0x1p59 &&
                  limits::kRoundUpdatesMax <= (1U << 16U),
              "the sum, with half a unit of rounding an update, must fit 63 bits");

/// Exact: at most 23 bits of the weight, and a power of two; with 24 bits of Δ it still is.
double scale_of(Weight weight) {
    return static_cast<double>(weight) * kUnit;
}

tl::unexpected<Error> out_of_bounds() {
    return fail(ErrorCode::InvalidInput, "an update has a value that is not finite or beyond ±" +
                                             std::to_string(static_cast<int>(limits::kDeltaMax)));
}

}  // namespace

Result<> check_bounds(DeltaBytes delta) {
    const std::size_t count = delta.size() / sizeof(float);
    if (kernels::best_kernels().largest_magnitude(delta.data(), count) > kMagnitudeMax) return out_of_bounds();
    return {};
}

crypto::Sha256 begin_sum_digest(const TierSizes& sizes, const TierWeights& weights, std::uint64_t updates) {
    ByteWriter head;
    for (const std::size_t size : sizes)
        head.put(static_cast<std::uint64_t>(size));
    for (const Weight weight : weights)
        head.put(weight);
    head.put(updates);
    crypto::Sha256 hash;
    hash.update(bytes_of("skerry/sum/1")).update(head.bytes());
    return hash;
}

ExactMean::ExactMean(const TierSizes& sizes) {
    restart(sizes);
    reach(sums_.size());
}

void ExactMean::reach(std::size_t last) {
    if (last <= reached_) return;
    std::fill(sums_.begin() + static_cast<std::ptrdiff_t>(reached_), sums_.begin() + static_cast<std::ptrdiff_t>(last),
              0);
    reached_ = last;
}

ByteView ExactMean::sums() {
    reach(sums_.size());
    return std::as_bytes(std::span(sums_));
}

void ExactMean::restart(const TierSizes& sizes) {
    SKERRY_ASSERT(std::is_sorted(sizes.begin(), sizes.end()) && sizes.back() <= limits::kParametersMax);
    sizes_ = sizes;
    sums_.resize(sizes.back());
    reached_ = 0;
    weights_ = {};
    weight_total_ = 0;
    updates_ = 0;
}

Result<> ExactMean::check_room(std::uint64_t updates, Weight weight) const {
    if (updates_ + updates > limits::kRoundUpdatesMax || weight_total_ + weight > limits::kRoundWeightMax) {
        return fail(ErrorCode::InvalidInput, "one sum takes at most " + std::to_string(limits::kRoundUpdatesMax) +
                                                 " updates of together weight " +
                                                 std::to_string(limits::kRoundWeightMax));
    }
    return {};
}

Result<std::size_t> ExactMean::tier_of(std::span<const WeightedDelta> updates) const {
    SKERRY_ASSERT(!updates.empty() && updates.size() <= kAddedTogether);
    const std::size_t bytes = updates.front().delta.size();
    for (const WeightedDelta& update : updates) {
        SKERRY_ASSERT(update.delta.size() == bytes);
        if (update.weight >= 1 && update.weight <= limits::kUpdateWeightMax) continue;
        return fail(ErrorCode::InvalidInput, "a weight of " + std::to_string(update.weight) + " is not within 1 … " +
                                                 std::to_string(limits::kUpdateWeightMax));
    }
    for (std::size_t tier = 0; tier < kTiers && bytes > 0; ++tier)
        if (sizes_[tier] * sizeof(float) == bytes) return tier;
    return fail(ErrorCode::InvalidInput,
                "an update of " + std::to_string(bytes) + " bytes is no tier's prefix of this model");
}

Result<> ExactMean::add(DeltaBytes delta, Weight weight) {
    const WeightedDelta one{delta, weight};
    return add_together({&one, 1});
}

Result<> ExactMean::add_together(std::span<const WeightedDelta> updates) {
    const std::size_t tier = SKERRY_TRY(tier_of(updates));
    Weight weight = 0;
    for (const WeightedDelta& update : updates)
        weight += update.weight;
    SKERRY_TRY(check_room(updates.size(), weight));
    if (!fold(updates, sizes_[tier])) return out_of_bounds();
    weights_[tier] += weight;
    weight_total_ += weight;
    updates_ += updates.size();
    return {};
}

/// Adds values [first, last) of each; true: none is out of bounds.
bool ExactMean::fold_block(std::span<const WeightedDelta> updates, std::size_t first, std::size_t last) {
    const auto& kernels = kernels::best_kernels();
    kernels::Together each{};
    std::uint32_t largest = 0;
    for (std::size_t k = 0; k < updates.size(); ++k) {
        each.values[k] = updates[k].delta.data() + first * sizeof(float);
        each.scales[k] = scale_of(updates[k].weight);
    }
    std::int64_t* const sums = sums_.data() + first;
    const bool begun = first < reached_;
    if (updates.size() == kAddedTogether) {
        largest = (begun ? kernels.add_together : kernels.set_together)(each, last - first, sums);
    } else {
        for (std::size_t k = 0; k < updates.size(); ++k) {
            const auto fold = begun || k > 0 ? kernels.add : kernels.set;
            largest = std::max(largest, fold(each.values[k], each.scales[k], last - first, sums));
        }
    }
    reached_ = std::max(reached_, last);
    return largest <= kMagnitudeMax;
}

/// False: a value is out of bounds, and nothing was added.
bool ExactMean::fold(std::span<const WeightedDelta> updates, std::size_t end) {
    reach(std::min((reached_ + kBlock - 1) / kBlock * kBlock, end));
    for (std::size_t first = 0; first < end; first += kBlock) {
        const std::size_t last = std::min(first + kBlock, end);
        if (fold_block(updates, first, last)) continue;
        for (const WeightedDelta& update : updates)
            kernels::best_kernels().take_away(update.delta.data(), scale_of(update.weight), last, sums_.data());
        return false;
    }
    return true;
}

Result<> ExactMean::merge(Accumulator&& other) {
    auto* const mean = dynamic_cast<ExactMean*>(&other);
    if (mean == nullptr || mean == this || mean->sizes_ != sizes_) {
        return fail(ErrorCode::InvalidInput, "only another exact mean over the same tiers can be merged");
    }
    SKERRY_TRY(check_room(mean->updates_, mean->weight_total_));
    for (std::size_t i = 0; i < sums_.size(); ++i)
        sums_[i] += mean->sums_[i];
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        weights_[tier] += mean->weights_[tier];
    weight_total_ += mean->weight_total_;
    updates_ += mean->updates_;
    *mean = ExactMean(sizes_);
    return {};
}

Digest ExactMean::digest() const {
    return begin_sum_digest(sizes_, weights_, updates_).update(std::as_bytes(std::span(sums_))).finish();
}

Result<std::vector<float>> ExactMean::finish() && {
    if (updates_ == 0) return fail(ErrorCode::InvalidInput, "a mean of no updates does not exist");
    std::vector<float> mean(sums_.size());
    write_mean(mean);
    *this = ExactMean(sizes_);
    return mean;
}

void ExactMean::write_mean(std::span<float> mean) const {
    SKERRY_ASSERT(mean.size() == sums_.size() && reached_ == sums_.size());
    std::fill(mean.begin(), mean.end(), 0.0F);
    Weight covering = weight_total_;
    std::size_t first = 0;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        if (covering != 0) {
            const double divisor = static_cast<double>(covering) * kUnit;  // exact: a 31-bit number and a power of two
            for (std::size_t i = first; i < sizes_[tier]; ++i) {
                mean[i] = static_cast<float>(static_cast<double>(sums_[i]) / divisor);
            }
        }
        first = sizes_[tier];
        covering -= weights_[tier];
    }
}

}  // namespace skerry::aggregation
