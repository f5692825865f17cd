#include "coordinator/round/summing.hpp"

#include <algorithm>

#include "aggregation/rule_by_name.hpp"
#include "common/crypto/hash.hpp"
#include "coordinator/admission/examine.hpp"

namespace skerry::coordinator {

Result<RoundSum> sum_round(std::span<const Contribution> set, std::vector<float> parent, const ModelShape& model,
                           const FetchBlob& fetch, const crypto::SealPrivateKey& key) {
    SKERRY_ASSERT(parent.size() == model.values.back());
    const auto sum = SKERRY_TRY(aggregation::rule_by_name("mean", model.values));
    for (const Contribution& update : set) {
        const Bytes blob = SKERRY_TRY(fetch(update.content));
        const wire::UpdateBody body = SKERRY_TRY(open_again(blob, update.content, key));
        SKERRY_TRY(sum->add(std::as_bytes(std::span(body.delta)), update.weight));
    }
    RoundSum result;
    result.sum = sum->digest();
    const std::vector<float> mean = SKERRY_TRY(std::move(*sum).finish());
    result.weights = std::move(parent);
    std::copy_n(mean.begin(), model.statistics, result.weights.begin());
    for (std::size_t i = model.statistics; i < mean.size(); ++i)
        result.weights[i] += mean[i];
    result.digests = tier_digests(result.weights, model);
    return result;
}

std::array<Digest, kTiers> tier_digests(std::span<const float> weights, const ModelShape& model) {
    std::array<Digest, kTiers> digests;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        digests[tier] = crypto::sha256(std::as_bytes(weights.first(model.values[tier])));
    }
    return digests;
}

Digest contributors_digest(std::span<const Contribution> set) {
    ByteWriter writer;
    for (const Contribution& update : set) {
        writer.put(ByteView(update.update.node.value)).put(update.update.sequence.value);
        writer.put(ByteView(update.content)).put(update.weight);
    }
    return crypto::sha256(writer.bytes());
}

}  // namespace skerry::coordinator
