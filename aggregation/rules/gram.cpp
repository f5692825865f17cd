#include "aggregation/rules/gram.hpp"

#include <array>

namespace skerry::aggregation {
namespace {

constexpr std::size_t kLanes = 8;
using GramBlock = std::array<double, kGramBlock>;

void widen(const float* values, std::size_t count, GramBlock& block) {
    for (std::size_t i = 0; i < count; ++i)
        block[i] = static_cast<double>(values[i]);  // the product of two is then exact
    std::fill(block.begin() + static_cast<std::ptrdiff_t>(count), block.end(), 0.0);
}

using Lanes = std::array<double, kLanes>;

double total(const Lanes& sums) {
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

double product(const GramBlock& left, const GramBlock& right) {
    Lanes sums{};
    for (std::size_t i = 0; i < kGramBlock; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane)
            sums[lane] += left[i + lane] * right[i + lane];
    }
    return total(sums);
}

}  // namespace

Gram Gram::first(std::size_t count) const {
    Gram result(count);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j <= i; ++j)
            result.set(i, j, (*this)(i, j));
    }
    return result;
}

Gram Gram::scaled(std::span<const double> factors) const {
    Gram result(size_);
    for (std::size_t i = 0; i < size_; ++i) {
        for (std::size_t j = 0; j <= i; ++j)
            result.set(i, j, (*this)(i, j) * factors[i] * factors[j]);
    }
    return result;
}

Gram Gram::combined(const Rows& rows) const {
    // G·rᵀ once for each row, then a row with each of those. Zeros are skipped: 0 times a hostile vector is nothing.
    std::vector<std::vector<double>> images(rows.size(), std::vector<double>(size_));
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t k = 0; k < size_; ++k) {
            if (rows[r][k] == 0) continue;
            for (std::size_t i = 0; i < size_; ++i)
                images[r][i] += rows[r][k] * (*this)(k, i);
        }
    }
    Gram result(rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t s = 0; s <= r; ++s) {
            double sum = 0;
            for (std::size_t k = 0; k < size_; ++k) {
                if (rows[r][k] != 0) sum += rows[r][k] * images[s][k];
            }
            result.set(r, s, sum);
        }
    }
    return result;
}

void add_block(Gram& gram, std::span<const float* const> rows, std::size_t count) {
    std::vector<GramBlock> blocks(rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k)
        widen(rows[k], count, blocks[k]);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t j = 0; j <= i; ++j)
            gram.set(i, j, gram(i, j) + product(blocks[i], blocks[j]));
    }
}

double squared_norm_of_block(const float* values, std::size_t count) {
    Lanes sums{};
    const std::size_t rows = count / kLanes * kLanes;
    for (std::size_t i = 0; i < rows; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane)
            sums[lane] += static_cast<double>(values[i + lane]) * static_cast<double>(values[i + lane]);
    }
    for (std::size_t i = rows; i < count; ++i)
        sums[i - rows] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    return total(sums);
}

double squared_norm_of_block(SparseValues::Part part, std::size_t first) {
    Lanes sums{};
    for (std::size_t i = 0; i < part.values.size(); ++i) {
        const auto value = static_cast<double>(part.values[i]);
        sums[(part.places[i] - first) % kLanes] += value * value;
    }
    return total(sums);
}

}  // namespace skerry::aggregation
