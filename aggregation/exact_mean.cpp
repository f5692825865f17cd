#include "aggregation/exact_mean.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "aggregation/kernels/fold.hpp"

namespace skerry::aggregation {
namespace {

constexpr double kUnit = static_cast<double>(1ULL << limits::kFractionBits);
// Values added before it is asked whether they were numbers: what may have to be taken away again.
constexpr std::size_t kBlock = 1024;
constexpr std::uint32_t kMagnitudeMax = std::bit_cast<std::uint32_t>(limits::kDeltaMax);

static_assert(std::endian::native == std::endian::little, "updates and digests are little-endian");
static_assert(static_cast<double>(limits::kUpdateWeightMax) * limits::kDeltaMax * kUnit <= 0x1p51,
              "one product must stay where doubles tell whole numbers apart");
static_assert(static_cast<double>(limits::kRoundWeightMax) * limits::kDeltaMax * kUnit <= 0x1p59 &&
                  limits::kRoundUpdatesMax <= (1U << 16U),
              "the sum, with half a unit of rounding an update, must fit 63 bits");

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

Result<> ExactMean::add(DeltaBytes delta, Weight weight) {
    std::size_t tier = 0;
    while (tier < kTiers && sizes_[tier] * sizeof(float) != delta.size())
        ++tier;
    if (tier == kTiers || delta.empty()) {
        return fail(ErrorCode::InvalidInput,
                    "an update of " + std::to_string(delta.size()) + " bytes is no tier's prefix of this model");
    }
    if (weight < 1 || weight > limits::kUpdateWeightMax) {
        return fail(ErrorCode::InvalidInput, "a weight of " + std::to_string(weight) + " is not within 1 … " +
                                                 std::to_string(limits::kUpdateWeightMax));
    }
    SKERRY_TRY(check_room(1, weight));

    // Exact: 24 bits of Δ, at most 23 of the weight, and a power of two.
    const double scale = static_cast<double>(weight) * kUnit;
    const auto& kernels = kernels::best_kernels();
    const auto fold = [&](auto kernel, std::size_t first) {
        const std::size_t count = std::min(kBlock, sizes_[tier] - first);
        return kernel(delta.data() + first * sizeof(float), scale, count, sums_.data() + first);
    };
    reach(std::min((reached_ + kBlock - 1) / kBlock * kBlock, sizes_[tier]));
    for (std::size_t first = 0; first < sizes_[tier]; first += kBlock) {
        const bool begun = first < reached_;
        const std::uint32_t largest = fold(begun ? kernels.add : kernels.set, first);
        reached_ = std::max(reached_, std::min(first + kBlock, sizes_[tier]));
        if (largest <= kMagnitudeMax) continue;
        for (std::size_t undone = 0; undone <= first; undone += kBlock)
            fold(kernels.take_away, undone);
        return out_of_bounds();
    }
    weights_[tier] += weight;
    weight_total_ += weight;
    ++updates_;
    return {};
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
