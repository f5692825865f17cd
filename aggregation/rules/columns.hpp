#pragma once

#include <cstddef>
#include <span>
#include <variant>

namespace skerry::aggregation {

/// What becomes of the values that the updates have at one coordinate. A function of the values alone: weights and
/// order are ignored.
/// The value in the middle; the mean of the two in the middle. Yin et al. 2018, "Byzantine-Robust Distributed Learning:
/// Towards Optimal Statistical Rates", as the next.
struct ColumnMedian {
    bool operator==(const ColumnMedian&) const = default;
};
/// The mean without the `trim` lowest and the `trim` highest.
struct ColumnTrimmedMean {
    std::size_t trim = 0;
    bool operator==(const ColumnTrimmedMean&) const = default;
};
/// The mean of the `closest` values nearest to the median; of two equally near the lower. Bulyan's second stage.
struct ColumnMeanAroundMedian {
    std::size_t closest = 1;
    bool operator==(const ColumnMeanAroundMedian&) const = default;
};
using ColumnRule = std::variant<ColumnMedian, ColumnTrimmedMean, ColumnMeanAroundMedian>;

/// Columns handled at a time: the values of a block of fifty updates stay in the second cache.
inline constexpr std::size_t kColumnsMax = 256;

/// Applies the rule to each column of `vectors` rows of kColumnsMax values, of which the first `out.size()` count.
/// Sorts the columns of `values` in place; none of them is -0 (whose place among zeros would depend on order).
void reduce_columns(const ColumnRule& rule, std::span<float> values, std::size_t vectors, std::span<float> out);

/// The mean of the `count` values nearest to `centre` of those in `sorted`; of two equally near the lower.
[[nodiscard]] double mean_of_closest(std::span<const float> sorted, double centre, std::size_t count);

}  // namespace skerry::aggregation
