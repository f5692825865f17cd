#include "feedback/label_delays.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::feedback {

using std::chrono::milliseconds;

void LabelDelays::add(milliseconds delay) {
    if (delay < milliseconds(0)) {
        ++unmeasured_;
        return;
    }
    std::size_t bucket = 0;
    while (bucket < kBuckets && delay > upper(bucket))
        ++bucket;
    ++buckets_[bucket];
    ++count_;
    // A century at a time: no clock makes the sum overflow.
    sum_ += std::min<milliseconds>(delay, std::chrono::hours(24 * 36'500));
    longest_ = std::max(longest_, delay);
}

milliseconds LabelDelays::quantile(double q) const {
    if (count_ == 0) return milliseconds(0);
    const double wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
    double before = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
        const auto here = static_cast<double>(buckets_[bucket]);
        if (here > 0 && before + here >= wanted) {
            // Straight in the logarithm; from zero in the first one, whose width is its upper bound.
            const double share = std::max(wanted - before, 0.0) / here;
            const double exponent = static_cast<double>(bucket) - 1 + share;
            const double delay = bucket == 0 ? share : std::exp2(exponent);
            return std::min(milliseconds(std::llround(delay)), longest_);
        }
        before += here;
    }
    return longest_;
}

}  // namespace skerry::feedback
