#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "common/base/sparse_values.hpp"

namespace skerry::aggregation {

/// Coefficients of a linear combination, one for each vector of a set.
using Row = std::vector<double>;
/// One combination for each vector that comes out.
using Rows = std::vector<Row>;

/// The inner products of a set of vectors: all that rules of distances need to know of it. n × n doubles.
class Gram {
public:
    Gram() = default;
    explicit Gram(std::size_t size) : size_(size), products_(size * size) {}

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] double operator()(std::size_t i, std::size_t j) const { return products_[i * size_ + j]; }
    void set(std::size_t i, std::size_t j, double product) {
        products_[i * size_ + j] = product;
        products_[j * size_ + i] = product;
    }
    /// Never negative, whatever rounding makes of vectors that are nearly equal.
    [[nodiscard]] double squared_distance(std::size_t i, std::size_t j) const {
        if (i == j) return 0;
        return std::max(0.0, (*this)(i, i) + (*this)(j, j) - 2 * (*this)(i, j));
    }

    /// Of the first `count` vectors.
    [[nodiscard]] Gram first(std::size_t count) const;
    /// Of the same vectors, each times its factor. Shape of `factors`: [size].
    [[nodiscard]] Gram scaled(std::span<const double> factors) const;
    /// Of the combinations that `rows` makes: R·G·Rᵀ.
    [[nodiscard]] Gram combined(const Rows& rows) const;

private:
    std::size_t size_ = 0;
    std::vector<double> products_;
};

/// Inner products are summed block by block from a section's start, each block in eight interleaved sums, so that
/// neither the compiler nor the size of a window has a say in their bytes.
inline constexpr std::size_t kGramBlock = 256;

/// Adds the inner products of one block. `rows`: for each vector its `count` ≤ kGramBlock values of the block.
void add_block(Gram& gram, std::span<const float* const> rows, std::size_t count);

/// Σ x² of one block, by the same sums.
[[nodiscard]] double squared_norm_of_block(const float* values, std::size_t count);
/// The same of values at `places`, which are counted from `first`; zeroes between them are left out.
[[nodiscard]] double squared_norm_of_block(SparseValues::Part part, std::size_t first);

}  // namespace skerry::aggregation
