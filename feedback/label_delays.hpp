#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace skerry::feedback {

/// How long labels took to come, from the answer to the label. Counts only what this process has seen: it begins anew
/// with each start, as the counts of labels beside it do. Pure; 300 bytes, whatever it has seen.
///
/// Buckets are fixed and log-spaced, each twice as wide as the one before, from a millisecond to twelve days: a
/// quantile is off by less than a factor of two, and by what a straight line in the logarithm is off within its bucket.
class LabelDelays {
public:
    static constexpr std::size_t kBuckets = 31;

    /// The longest delay of a bucket, but of the last one, which has no end: 2^bucket milliseconds.
    [[nodiscard]] static constexpr std::chrono::milliseconds upper(std::size_t bucket) {
        return std::chrono::milliseconds(std::int64_t{1} << bucket);
    }

    /// A delay below zero is a clock that was set in between: it is counted apart, and says nothing else.
    void add(std::chrono::milliseconds delay);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::uint64_t unmeasured() const { return unmeasured_; }
    /// By bucket, each its own only; the last: longer than all bounds.
    [[nodiscard]] const std::array<std::uint64_t, kBuckets + 1>& buckets() const { return buckets_; }
    [[nodiscard]] std::chrono::milliseconds sum() const { return sum_; }
    [[nodiscard]] std::chrono::milliseconds longest() const { return longest_; }
    /// The delay below which the share `q` (0 … 1) of all lies; never above longest(). Zero where there is none.
    [[nodiscard]] std::chrono::milliseconds quantile(double q) const;

private:
    std::array<std::uint64_t, kBuckets + 1> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t unmeasured_ = 0;
    std::chrono::milliseconds sum_{0};
    std::chrono::milliseconds longest_{0};
};

}  // namespace skerry::feedback
