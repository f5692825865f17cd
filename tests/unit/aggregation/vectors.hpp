#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "aggregation/rules/aggregate.hpp"
#include "aggregation/rules/plan.hpp"
#include "common/base/random.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::aggregation {

using Vectors = std::vector<std::vector<float>>;

/// A set in memory that lends as few parts at a time as the coordinator does, and counts what it lends.
class LiteralSet final : public UpdateSet {
public:
    /// All of one tier's prefix.
    LiteralSet(Vectors deltas, const TierSizes& sizes, std::vector<Weight> weights = {})
        : deltas_(std::move(deltas)), sizes_(sizes), weights_(std::move(weights)) {
        weights_.resize(deltas_.size(), 1);
    }

    [[nodiscard]] std::size_t size() const override { return deltas_.size(); }
    [[nodiscard]] UpdateInfo about(std::size_t k) const override {
        std::size_t tier = 0;
        while (tier + 1 < kTiers && sizes_[tier] != deltas_[k].size())
            ++tier;
        return {crypto::sha256(std::as_bytes(std::span(deltas_[k]))), static_cast<Tier>(tier), weights_[k]};
    }
    Result<std::size_t> values(std::size_t k) override { return deltas_[k].size(); }
    Result<DeltaBytes> part(std::size_t k, std::size_t first, std::size_t count) override {
        fetched += count;
        lent_.push_back(copy_of(std::as_bytes(std::span(deltas_[k]).subspan(first, count))));
        for (std::size_t old = 0; old + lent_now_ < lent_.size(); ++old)
            lent_[old].assign(lent_[old].size(), std::byte{0xff});  // NaN to whoever still reads it
        while (lent_.size() > 2 * lent_now_)
            lent_.pop_front();
        return DeltaBytes(lent_.back());
    }
    Result<std::size_t> lend(std::size_t wanted) override { return lent_now_ = std::min(wanted, lent_max); }

    Result<std::optional<SparseValues>> sparse(std::size_t k) override {
        if (!is_sparse) return std::nullopt;
        SparseValues values{deltas_[k].size(), {}, {}};
        for (std::uint32_t i = 0; i < deltas_[k].size(); ++i) {
            if (deltas_[k][i] == 0) continue;
            values.places.push_back(i);
            values.values.push_back(deltas_[k][i]);
        }
        return values;
    }

    std::size_t fetched = 0;  ///< values
    bool is_sparse = false;
    std::size_t lent_max = 1;  ///< parts at a time

private:
    Vectors deltas_;
    TierSizes sizes_;
    std::vector<Weight> weights_;
    std::deque<Bytes> lent_;
    std::size_t lent_now_ = 1;
};

inline AggregationTerms flat_terms(std::size_t length) {
    AggregationTerms terms;
    terms.sizes = {length, length, length};
    return terms;
}

/// The result for vectors that all cover one section.
inline Result<std::vector<float>> aggregated(std::string_view rule, const Vectors& vectors,
                                             std::vector<Weight> weights = {}) {
    const AggregationTerms terms = flat_terms(vectors.front().size());
    LiteralSet set(vectors, terms.sizes, std::move(weights));
    return SKERRY_TRY(aggregate(SKERRY_TRY(parse_rule(rule)), set, terms)).delta;
}

inline Gram gram_of(const Vectors& vectors) {
    Gram gram(vectors.size());
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = 0;
            for (std::size_t at = 0; at < vectors[i].size(); ++at)
                sum += static_cast<double>(vectors[i][at]) * static_cast<double>(vectors[j][at]);
            gram.set(i, j, sum);
        }
    }
    return gram;
}

inline std::vector<double> applied(const Row& row, const Vectors& vectors) {
    std::vector<double> sum(vectors.front().size());
    for (std::size_t k = 0; k < vectors.size(); ++k) {
        for (std::size_t at = 0; at < sum.size(); ++at)
            sum[at] += row[k] * static_cast<double>(vectors[k][at]);
    }
    return sum;
}

/// `count` vectors around `centre`, each coordinate off by `deviation` times something like a normal variable.
inline Vectors cloud(Random& random, std::size_t count, std::span<const float> centre, double deviation) {
    Vectors vectors(count);
    for (auto& vector : vectors) {
        for (const float value : centre)
            vector.push_back(static_cast<float>(static_cast<double>(value) + deviation * random.bell()));
    }
    return vectors;
}

}  // namespace skerry::aggregation
