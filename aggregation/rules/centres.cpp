#include "aggregation/rules/centres.hpp"

#include <cmath>

#include "common/base/error.hpp"

namespace skerry::aggregation {
namespace {

double lower_median(std::span<const double> values) {
    std::vector<double> copy(values.begin(), values.end());
    const auto middle = copy.begin() + static_cast<std::ptrdiff_t>((copy.size() - 1) / 2);
    std::nth_element(copy.begin(), middle, copy.end());
    return *middle;
}

/// |xₖ - Σ rowⱼ·xⱼ| for the first `count` vectors.
std::vector<double> distances_to(const Gram& gram, const Row& row, std::size_t count) {
    std::vector<double> image(gram.size());
    for (std::size_t j = 0; j < gram.size(); ++j) {
        if (row[j] == 0) continue;
        for (std::size_t k = 0; k < gram.size(); ++k)
            image[k] += row[j] * gram(j, k);
    }
    double own = 0;
    for (std::size_t j = 0; j < gram.size(); ++j)
        own += row[j] * image[j];
    std::vector<double> distances(count);
    for (std::size_t k = 0; k < count; ++k)
        distances[k] = std::sqrt(std::max(0.0, gram(k, k) + own - 2 * image[k]));
    return distances;
}

}  // namespace

std::vector<double> norm_bound(std::span<const double> norms, std::optional<double> bound) {
    SKERRY_ASSERT(!norms.empty());
    const double limit = bound ? *bound : lower_median(norms);
    std::vector<double> factors;
    for (const double norm : norms)
        factors.push_back(norm <= limit ? 1.0 : limit / norm);
    return factors;
}

Row geometric_median(const Gram& gram, std::span<const double> weights, double smoothing, std::size_t iterations) {
    SKERRY_ASSERT(weights.size() == gram.size() && smoothing > 0);
    Row row(gram.size());
    for (std::size_t i = 0; i < iterations; ++i) {
        const std::vector<double> distances = distances_to(gram, row, gram.size());
        double sum = 0;
        for (std::size_t k = 0; k < row.size(); ++k) {
            row[k] = weights[k] / std::max(smoothing, distances[k]);
            sum += row[k];
        }
        for (double& coefficient : row)
            coefficient /= sum;
    }
    return row;
}

Row centred_clipping(const Gram& gram, bool centre_is_last, std::optional<double> radius, std::size_t iterations) {
    const std::size_t vectors = gram.size() - (centre_is_last ? 1 : 0);
    SKERRY_ASSERT(vectors > 0);
    Row row(gram.size());
    if (centre_is_last) row.back() = 1;
    for (std::size_t i = 0; i < iterations; ++i) {
        const std::vector<double> factors = norm_bound(distances_to(gram, row, vectors), radius);
        double moved = 0;
        for (const double factor : factors)
            moved += factor / static_cast<double>(vectors);
        for (double& coefficient : row)
            coefficient *= 1 - moved;
        for (std::size_t k = 0; k < vectors; ++k)
            row[k] += factors[k] / static_cast<double>(vectors);
    }
    return row;
}

}  // namespace skerry::aggregation
