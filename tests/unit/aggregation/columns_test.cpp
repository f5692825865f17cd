#include "aggregation/rules/columns.hpp"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>

#include "common/base/random.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::ElementsAre;

std::vector<float> reduced(const ColumnRule& rule, const std::vector<std::vector<float>>& rows) {
    std::vector<float> values(rows.size() * kColumnsMax);
    for (std::size_t k = 0; k < rows.size(); ++k)
        std::copy(rows[k].begin(), rows[k].end(), values.begin() + static_cast<std::ptrdiff_t>(k * kColumnsMax));
    std::vector<float> out(rows.front().size());
    reduce_columns(rule, values, rows.size(), out);
    return out;
}

TEST(Columns, TakeTheMiddleValueOrTheMeanOfTheTwoInTheMiddle) {
    EXPECT_THAT(reduced(ColumnMedian{}, {{3, -1}, {1, -1}, {2, 8}}), ElementsAre(2, -1));
    EXPECT_THAT(reduced(ColumnMedian{}, {{3}, {1}, {2}, {8}}), ElementsAre(2.5F));
    EXPECT_THAT(reduced(ColumnMedian{}, {{7}}), ElementsAre(7));
}

TEST(Columns, TakeOfTwoValuesEquallyNearTheMedianTheLower) {
    EXPECT_THAT(reduced(ColumnMeanAroundMedian{2}, {{3}, {1}, {2}}), ElementsAre(1.5F));
    EXPECT_THAT(reduced(ColumnMeanAroundMedian{3}, {{3}, {1}, {2}, {100}, {-50}}), ElementsAre(2));
}

TEST(Columns, AgreeWithSortingEachColumnForEveryNumberOfVectors) {
    Random random(5);
    for (std::size_t vectors = 1; vectors <= 70; ++vectors) {
        std::vector<std::vector<float>> rows(vectors, std::vector<float>(17));
        for (auto& row : rows) {
            for (float& value : row)
                value = static_cast<float>(random.below(20));  // with many ties
        }
        const std::size_t trim = (vectors - 1) / 3;
        const auto medians = reduced(ColumnMedian{}, rows);
        const auto means = reduced(ColumnTrimmedMean{trim}, rows);
        for (std::size_t column = 0; column < 17; ++column) {
            std::vector<double> sorted;
            for (const auto& row : rows)
                sorted.push_back(row[column]);
            std::sort(sorted.begin(), sorted.end());
            double sum = 0;
            for (std::size_t k = trim; k < vectors - trim; ++k)
                sum += sorted[k];
            EXPECT_EQ(medians[column], (sorted[(vectors - 1) / 2] + sorted[vectors / 2]) / 2) << vectors;
            EXPECT_EQ(means[column], static_cast<float>(sum / static_cast<double>(vectors - 2 * trim))) << vectors;
        }
    }
}

}  // namespace
}  // namespace skerry::aggregation
