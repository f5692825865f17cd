#include "aggregation/set_mean.hpp"

#include <algorithm>
#include <string>

#include "aggregation/exact_mean.hpp"

namespace skerry::aggregation {
namespace {

Result<TierWeights> weights_of(UpdateSet& set, const TierSizes& sizes) {
    TierWeights weights{};
    for (std::size_t k = 0; k < set.size(); ++k) {
        const UpdateInfo about = set.about(k);
        const auto tier = static_cast<std::size_t>(about.tier);
        const std::size_t values = SKERRY_TRY(set.values(k));
        if (values != sizes[tier]) {
            return fail(ErrorCode::InvalidInput,
                        "an update of " + std::to_string(values) + " values is not its tier's prefix of this model");
        }
        weights[tier] += about.weight;
    }
    return weights;
}

Result<> add_all(std::vector<WeightedDelta>& together, ExactMean& sums) {
    if (!together.empty()) SKERRY_TRY(sums.add_together(together));
    together.clear();
    return {};
}

}  // namespace

Result<Digest> exact_mean_of(UpdateSet& set, const TierSizes& sizes, std::span<float> mean) {
    SKERRY_ASSERT(mean.size() == sizes.back());
    auto digest = begin_sum_digest(sizes, SKERRY_TRY(weights_of(set, sizes)), set.size());
    const std::size_t window = std::max(kMeanWindow, SKERRY_TRY(set.piece()));
    const std::size_t lent = SKERRY_TRY(set.lend(kAddedTogether));
    std::vector<WeightedDelta> together;
    ExactMean part({});
    for (std::size_t first = 0; first < mean.size(); first += window) {
        TierSizes within{};
        std::transform(sizes.begin(), sizes.end(), within.begin(), [&](std::size_t size) {
            return std::clamp(size, first, std::min(first + window, mean.size())) - first;
        });
        part.restart(within);
        for (std::size_t k = 0; k < set.size(); ++k) {
            const UpdateInfo about = set.about(k);
            const std::size_t count = within[static_cast<std::size_t>(about.tier)];
            if (count == 0) continue;
            const bool is_alike = together.empty() || together.front().delta.size() == count * sizeof(float);
            if (together.size() == lent || !is_alike) SKERRY_TRY(add_all(together, part));
            together.push_back({SKERRY_TRY(set.part(k, first, count)), about.weight});
        }
        SKERRY_TRY(add_all(together, part));
        digest.update(part.sums());
        part.write_mean(mean.subspan(first, within.back()));
    }
    return digest.finish();
}

}  // namespace skerry::aggregation
