#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "common/base/bytes.hpp"

namespace skerry::feedback {

/// Watches the mean of a stream of bits (errors: 1) over a window that keeps itself as long as nothing changes.
/// Memory: a few kilobytes, however long the stream. Not thread-safe.
/// Bifet, Gavaldà 2007, "Learning from Time-Changing Data with Adaptive Windowing" (ADWIN2); the cut is tested when
/// the caller asks, once a batch: fewer tests on the same data, fewer false alarms.
class Adwin {
public:
    struct Verdict {
        bool changed = false;  ///< the older part of the window had another mean and was dropped
        bool rose = false;     ///< changed, and the newer mean is the higher one
    };

    /// `confidence`: the chance of a false alarm in one test, above 0 and below 1.
    explicit Adwin(double confidence = 0.002) : confidence_(confidence) {}

    void add(bool error);
    /// Tests every bucket boundary as a cut, dropping the oldest bucket for as long as one holds.
    [[nodiscard]] Verdict check();

    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// Mean over the window; 0 while it is empty.
    [[nodiscard]] double mean() const { return size_ == 0 ? 0.0 : sum_ / static_cast<double>(size_); }

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] static Result<Adwin> load(ByteReader& from, double confidence);

private:
    struct Bucket {
        double sum = 0;
        double spread = 0;  ///< Σ (x − mean)²
    };
    /// rows_[i] holds buckets of 2^i bits each, the oldest first.
    using Row = std::deque<Bucket>;

    void compress();
    void drop_oldest();
    [[nodiscard]] bool cut_holds(double old_size, double old_sum, double new_size, double new_sum) const;

    double confidence_;
    std::vector<Row> rows_;
    std::uint64_t size_ = 0;
    double sum_ = 0;
    double spread_ = 0;
};

}  // namespace skerry::feedback
