#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace skerry::node {

/// How many rows a stage takes at once: additive increase, multiplicative decrease. Pure.
/// Crankshaw et al. 2017, "Clipper: A Low-Latency Online Prediction Serving System", §4.3.1.
class BatchLimit {
public:
    /// `budget`: how long one batch may take. `rows_max`: at least 1; 1 is no batching.
    BatchLimit(std::size_t rows_max, std::chrono::nanoseconds budget) : rows_max_(rows_max), budget_(budget) {}

    [[nodiscard]] std::size_t rows() const { return rows_; }

    /// A batch has been run. A full one within the budget earns one more row, one beyond it costs a tenth.
    void report(std::size_t rows, std::chrono::nanoseconds time) {
        if (time > budget_) {
            rows_ = std::max<std::size_t>(1, rows_ * 9 / 10);
        } else if (rows >= rows_) {
            rows_ = std::min(rows_ + 1, rows_max_);
        }
    }

private:
    std::size_t rows_max_;
    std::chrono::nanoseconds budget_;
    std::size_t rows_ = 1;
};

}  // namespace skerry::node
