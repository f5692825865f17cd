#include "tests/simulation/reference.hpp"

#include <algorithm>
#include <cmath>

#include "aggregation/optimisers/server_optimiser.hpp"
#include "aggregation/rules/aggregate.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::simulation {
namespace {

__extension__ using Wide = __int128;

constexpr long double kUnit = 65536.0L;

}  // namespace

Reference reference_mean(std::span<const float> parent, const coordinator::ModelShape& model,
                         std::span<const Counted> set) {
    Reference result;
    std::vector<std::int64_t> sums(parent.size());
    for (std::size_t i = 0; i < parent.size(); ++i) {
        Wide sum = 0;
        Wide weight = 0;
        for (const Counted& update : set) {
            if (i >= update.delta.size()) continue;
            const long double product =
                static_cast<long double>(update.delta[i]) * static_cast<long double>(update.weight) * kUnit;
            sum += static_cast<Wide>(std::rintl(product));
            weight += static_cast<Wide>(update.weight);
        }
        sums[i] = static_cast<std::int64_t>(sum);
        // What no update covers stays as it is.
        const float mean =
            weight == 0
                ? 0.0F
                : static_cast<float>(static_cast<double>(sum) / static_cast<double>(weight * static_cast<Wide>(kUnit)));
        result.weights.push_back(i < model.statistics ? mean : parent[i] + mean);
    }
    ByteWriter writer;
    writer.put(bytes_of("skerry/sum/1"));
    for (const std::uint64_t size : model.values)
        writer.put(size);
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        std::uint64_t weight = 0;
        for (const Counted& update : set)
            weight += static_cast<std::size_t>(update.tier) == tier ? update.weight : 0;
        writer.put(weight);
    }
    writer.put(static_cast<std::uint64_t>(set.size()));
    for (const std::int64_t sum : sums)
        writer.put(sum);
    result.sum = crypto::sha256(writer.bytes());
    return result;
}

namespace {

class OpenSet final : public aggregation::UpdateSet {
public:
    explicit OpenSet(std::span<const Counted> set) : set_(set) {}
    [[nodiscard]] std::size_t size() const override { return set_.size(); }
    [[nodiscard]] aggregation::UpdateInfo about(std::size_t update) const override {
        return {set_[update].content, set_[update].tier, set_[update].weight};
    }
    Result<std::size_t> values(std::size_t update) override { return set_[update].delta.size(); }
    Result<aggregation::DeltaBytes> part(std::size_t update, std::size_t first, std::size_t count) override {
        return std::as_bytes(std::span(set_[update].delta).subspan(first, count));
    }

private:
    std::span<const Counted> set_;
};

}  // namespace

Reference reference_step(std::span<const float> parent, const coordinator::ModelShape& model,
                         std::span<const Counted> set, const coordinator::ledger::Recipe& recipe, const Digest& seed,
                         ByteView remembered) {
    if (recipe == coordinator::ledger::Recipe{}) return reference_mean(parent, model, set);
    const auto rule = aggregation::parse_rule(recipe.rule);
    const auto spec = aggregation::parse_optimiser(recipe.optimiser);
    SKERRY_ASSERT(rule && spec);
    OpenSet open(set);
    const auto made = aggregation::aggregate(*rule, open, {model.values, model.statistics, seed});
    SKERRY_ASSERT(made);
    using aggregation::ServerOptimiser;
    ServerOptimiser optimiser = ServerOptimiser::is_state_of(spec->kind, parent.size(), remembered)
                                    ? *ServerOptimiser::decode(*spec, parent.size(), remembered)
                                    : ServerOptimiser(*spec, parent.size());
    Reference result{{parent.begin(), parent.end()}, made->digest};
    std::copy_n(made->delta.begin(), model.statistics, result.weights.begin());
    for (const auto& section : made->sections) {
        const std::size_t first = std::max(section.first, model.statistics);
        const bool deep = section.first >= model.values.front();
        const bool few = deep && section.updates < recipe.tier_quorum;
        if (section.stepped && !few && first < section.last)
            optimiser.step(made->delta, result.weights, first, section.last);
    }
    if (optimiser.remembers()) result.optimiser = optimiser.encode();
    return result;
}

std::uint64_t reference_weight(std::uint32_t examples, std::uint32_t examples_max, std::uint64_t staleness) {
    const std::uint64_t counted = std::clamp<std::uint64_t>(examples, 1, examples_max);
    const long double share = 64.0L / std::sqrt(1.0L + static_cast<long double>(staleness));
    return counted * static_cast<std::uint64_t>(std::lround(share));
}

}  // namespace skerry::simulation
