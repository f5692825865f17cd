#include "tests/simulation/reference.hpp"

#include <algorithm>
#include <cmath>

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

std::uint64_t reference_weight(std::uint32_t examples, std::uint32_t examples_max, std::uint64_t staleness) {
    const std::uint64_t counted = std::clamp<std::uint64_t>(examples, 1, examples_max);
    const long double share = 64.0L / std::sqrt(1.0L + static_cast<long double>(staleness));
    return counted * static_cast<std::uint64_t>(std::lround(share));
}

}  // namespace skerry::simulation
