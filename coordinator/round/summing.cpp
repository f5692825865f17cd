#include "coordinator/round/summing.hpp"

#include <algorithm>

#include "aggregation/optimisers/server_optimiser.hpp"
#include "aggregation/rules/aggregate.hpp"
#include "common/crypto/hash.hpp"
#include "coordinator/round/sealed_set.hpp"

namespace skerry::coordinator {

namespace {

Result<aggregation::ServerOptimiser> optimiser_of(const RoundTerms& terms, std::size_t parameters) {
    const auto spec = SKERRY_TRY(aggregation::parse_optimiser(terms.recipe.optimiser));
    if (!aggregation::ServerOptimiser::is_state_of(spec.kind, parameters, terms.optimiser)) {
        return aggregation::ServerOptimiser(spec, parameters);
    }
    return aggregation::ServerOptimiser::decode(spec, parameters, terms.optimiser);
}

std::size_t first_value(const ModelShape& model, Tier tier) {
    return tier == Tier::Light ? 0 : model.values[static_cast<std::size_t>(tier) - 1];
}

}  // namespace

Result<RoundSum> sum_round(std::span<const Contribution> set, const LoadWeights& parent, const ModelShape& model,
                           const RoundTerms& terms, const storage::BlobStore& blobs,
                           const crypto::SealPrivateKey& key) {
    const auto rule = SKERRY_TRY(aggregation::parse_rule(terms.recipe.rule));
    auto optimiser = SKERRY_TRY(optimiser_of(terms, model.values.back()));
    SealedSet updates(set, blobs, key, terms.memory_max, terms.examined);
    const aggregation::Aggregate made = SKERRY_TRY(
        aggregation::aggregate(rule, updates, {model.values, model.statistics, terms.seed, {}, terms.memory_max}));
    RoundSum result;
    result.sum = made.digest;
    result.weights = SKERRY_TRY(parent());
    SKERRY_ASSERT(result.weights.size() == model.values.back());
    std::copy_n(made.delta.begin(), model.statistics, result.weights.begin());
    for (const aggregation::SectionReport& section : made.sections) {
        if (!section.stepped || section.last <= model.statistics) continue;
        const bool deep = section.first >= model.values.front();
        if (deep && section.updates < terms.recipe.tier_quorum) continue;
        optimiser.step(made.delta, result.weights, std::max(section.first, model.statistics), section.last);
    }
    result.digests = tier_digests(result.weights, model);
    if (optimiser.remembers()) result.optimiser = optimiser.encode();
    return result;
}

std::vector<float> joined_weights(std::vector<float> newest, std::span<const float> old, const ModelShape& model,
                                  Tier from) {
    SKERRY_ASSERT(newest.size() == model.values.back() && old.size() == newest.size());
    const auto first = static_cast<std::ptrdiff_t>(first_value(model, from));
    std::copy(old.begin() + first, old.end(), newest.begin() + first);
    return newest;
}

Bytes joined_memory(ByteView newest, ByteView old, const std::string& optimiser, const ModelShape& model, Tier from) {
    using aggregation::ServerOptimiser;
    const std::size_t first = first_value(model, from);
    if (auto both = ServerOptimiser::joined(newest, old, first)) return *std::move(both);
    const auto spec = aggregation::parse_optimiser(optimiser);
    if (!spec) return {};
    return ServerOptimiser::joined(newest, ServerOptimiser(*spec, model.values.back()).encode(), first)
        .value_or(Bytes());
}

std::array<Digest, kTiers> tier_digests(std::span<const float> weights, const ModelShape& model) {
    std::array<Digest, kTiers> digests;
    crypto::Sha256 hash;
    std::size_t hashed = 0;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        hash.update(std::as_bytes(weights.subspan(hashed, model.values[tier] - hashed)));
        hashed = model.values[tier];
        digests[tier] = hash.so_far();
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
