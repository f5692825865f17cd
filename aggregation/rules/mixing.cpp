#include "aggregation/rules/mixing.hpp"

#include <numeric>

#include "aggregation/rules/krum.hpp"
#include "common/base/error.hpp"
#include "common/base/random.hpp"

namespace skerry::aggregation {
namespace {

Row mean_over(std::size_t vectors, std::span<const std::size_t> members) {
    Row row(vectors);
    for (const std::size_t member : members)
        row[member] = 1.0 / static_cast<double>(members.size());
    return row;
}

}  // namespace

Rows nearest_neighbour_mixing(const Gram& gram, std::size_t hostile) {
    SKERRY_ASSERT(gram.size() > hostile);
    Rows rows;
    for (std::size_t from = 0; from < gram.size(); ++from) {
        std::vector<double> distances(gram.size());
        for (std::size_t k = 0; k < gram.size(); ++k)
            distances[k] = gram.squared_distance(from, k);
        rows.push_back(mean_over(gram.size(), lowest(distances, gram.size() - hostile)));
    }
    return rows;
}

Rows bucketing(std::size_t vectors, std::size_t size, const Digest& seed) {
    SKERRY_ASSERT(size > 0);
    ByteReader reader(seed);
    std::uint64_t state = 0;
    while (reader.remaining() > 0)
        state = Random::mixed(state, reader.get<std::uint64_t>());
    Random random(state);
    std::vector<std::size_t> order(vectors);
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t left = vectors; left > 1; --left)
        std::swap(order[left - 1], order[random.below(left)]);
    Rows rows;
    for (std::size_t first = 0; first < vectors; first += size) {
        rows.push_back(mean_over(vectors, std::span(order).subspan(first, std::min(size, vectors - first))));
    }
    return rows;
}

Rows composed(const Rows& outer, const Rows& inner) {
    Rows rows;
    for (const Row& row : outer) {
        SKERRY_ASSERT(row.size() == inner.size());
        Row sum(inner.front().size());
        for (std::size_t k = 0; k < inner.size(); ++k) {
            if (row[k] == 0) continue;
            for (std::size_t i = 0; i < sum.size(); ++i)
                sum[i] += row[k] * inner[k][i];
        }
        rows.push_back(std::move(sum));
    }
    return rows;
}

}  // namespace skerry::aggregation
