#include "aggregation/rules/columns.hpp"

#include <algorithm>
#include <vector>

#include "common/base/error.hpp"

namespace skerry::aggregation {
namespace {

/// The lower of each pair to `low`, the higher to `high`: two vector instructions a vector of columns.
void order(float* low, float* high) {
    for (std::size_t i = 0; i < kColumnsMax; ++i) {
        const float left = low[i];
        const float right = high[i];
        low[i] = right < left ? right : left;
        high[i] = right < left ? left : right;
    }
}

/// Batcher's merge exchange (Knuth, The Art of Computer Programming 5.2.2, Algorithm M): a fixed network of
/// comparisons, so that all columns are sorted at once.
void sort_columns(float* values, std::size_t vectors) {
    if (vectors < 2) return;
    std::size_t top = 1;
    while (2 * top < vectors)
        top *= 2;
    for (std::size_t p = top; p > 0; p /= 2) {
        std::size_t q = top;
        std::size_t r = 0;
        std::size_t d = p;
        while (true) {
            for (std::size_t i = 0; i + d < vectors; ++i) {
                if ((i & p) == r) order(values + i * kColumnsMax, values + (i + d) * kColumnsMax);
            }
            if (q == p) break;
            d = q - p;
            q /= 2;
            r = p;
        }
    }
}

double median_at(const float* values, std::size_t vectors, std::size_t column) {
    const double low = values[(vectors - 1) / 2 * kColumnsMax + column];
    const double high = values[vectors / 2 * kColumnsMax + column];
    return (low + high) / 2;
}

struct Reduction {
    const float* values;
    std::size_t vectors;
    std::span<float> out;

    void operator()(const ColumnMedian&) const {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<float>(median_at(values, vectors, i));
    }
    void operator()(const ColumnTrimmedMean& rule) const {
        SKERRY_ASSERT(2 * rule.trim < vectors);
        const auto kept = static_cast<double>(vectors - 2 * rule.trim);
        for (std::size_t i = 0; i < out.size(); ++i) {
            double sum = 0;
            for (std::size_t k = rule.trim; k < vectors - rule.trim; ++k)
                sum += values[k * kColumnsMax + i];
            out[i] = static_cast<float>(sum / kept);
        }
    }
    void operator()(const ColumnMeanAroundMedian& rule) const {
        std::vector<float> column(vectors);
        for (std::size_t i = 0; i < out.size(); ++i) {
            for (std::size_t k = 0; k < vectors; ++k)
                column[k] = values[k * kColumnsMax + i];
            out[i] = static_cast<float>(mean_of_closest(column, median_at(values, vectors, i), rule.closest));
        }
    }
};

}  // namespace

void reduce_columns(const ColumnRule& rule, std::span<float> values, std::size_t vectors, std::span<float> out) {
    SKERRY_ASSERT(vectors > 0 && values.size() >= vectors * kColumnsMax && out.size() <= kColumnsMax);
    sort_columns(values.data(), vectors);
    std::visit(Reduction{values.data(), vectors, out}, rule);
}

double mean_of_closest(std::span<const float> sorted, double centre, std::size_t count) {
    SKERRY_ASSERT(count > 0 && count <= sorted.size());
    // The closest lie side by side: the run grows to whichever side is nearer.
    const auto split = std::lower_bound(sorted.begin(), sorted.end(), centre);
    auto last = static_cast<std::size_t>(split - sorted.begin());
    std::size_t first = last;
    while (last - first < count) {
        const bool lower = first > 0 && (last == sorted.size() || centre - sorted[first - 1] <= sorted[last] - centre);
        lower ? --first : ++last;
    }
    double sum = 0;
    for (std::size_t k = first; k < last; ++k)
        sum += sorted[k];
    return sum / static_cast<double>(count);
}

}  // namespace skerry::aggregation
