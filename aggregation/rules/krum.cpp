#include "aggregation/rules/krum.hpp"

#include <algorithm>
#include <numeric>

#include "common/base/error.hpp"

namespace skerry::aggregation {
namespace {

using Indices = std::vector<std::size_t>;

/// The others, nearest first.
Indices by_distance(const Gram& gram, std::size_t from) {
    std::vector<double> distances(gram.size());
    for (std::size_t k = 0; k < gram.size(); ++k)
        distances[k] = gram.squared_distance(from, k);
    Indices order = lowest(distances, distances.size());
    std::erase(order, from);
    return order;
}

double score(const Gram& gram, std::size_t of, const Indices& nearest, const std::vector<bool>& taken,
             std::size_t neighbours) {
    double sum = 0;
    for (const std::size_t other : nearest) {
        if (neighbours == 0) break;
        if (taken[other]) continue;
        sum += gram.squared_distance(of, other);
        --neighbours;
    }
    return sum;
}

}  // namespace

std::vector<double> krum_scores(const Gram& gram, std::size_t neighbours) {
    const std::vector<bool> taken(gram.size());
    std::vector<double> scores(gram.size());
    for (std::size_t k = 0; k < gram.size(); ++k)
        scores[k] = score(gram, k, by_distance(gram, k), taken, std::max<std::size_t>(neighbours, 1));
    return scores;
}

std::vector<std::size_t> lowest(std::span<const double> scores, std::size_t count) {
    SKERRY_ASSERT(count <= scores.size());
    Indices order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](auto left, auto right) { return scores[left] < scores[right]; });
    order.resize(count);
    return order;
}

std::vector<std::size_t> bulyan_choice(const Gram& gram, std::size_t hostile) {
    SKERRY_ASSERT(gram.size() > 2 * hostile);
    std::vector<Indices> nearest;
    for (std::size_t k = 0; k < gram.size(); ++k)
        nearest.push_back(by_distance(gram, k));
    std::vector<bool> taken(gram.size());
    Indices chosen;
    while (chosen.size() < gram.size() - 2 * hostile) {
        const std::size_t left = gram.size() - chosen.size();
        const std::size_t neighbours = left > hostile + 2 ? left - hostile - 2 : 1;
        std::size_t best = gram.size();
        double best_score = 0;
        for (std::size_t k = 0; k < gram.size(); ++k) {
            if (taken[k]) continue;
            const double its = score(gram, k, nearest[k], taken, neighbours);
            if (best == gram.size() || its < best_score) {
                best = k;
                best_score = its;
            }
        }
        taken[best] = true;
        chosen.push_back(best);
    }
    return chosen;
}

}  // namespace skerry::aggregation
