#pragma once

#include <cstdint>

#include "common/base/bytes.hpp"

namespace skerry::feedback {

/// Sums by how much a stream of numbers (errors: 1, losses) lies above its own mean, and says so when the sum is large.
/// Sees a slow rise that stays below the noise of any one batch. A few numbers of memory. Not thread-safe.
/// Page 1954, "Continuous inspection schemes"; in this form Mouss et al. 2004.
class PageHinkley {
public:
    struct Config {
        std::uint64_t values_min = 30;  ///< before it may speak
        double tolerated = 0.005;       ///< δ: what a value may lie above the mean for nothing
        double threshold = 50;          ///< λ of the sum
        double memory = 0.9999;         ///< α: what the sum keeps from one value to the next
    };

    explicit PageHinkley(const Config& config) : config_(config) {}
    PageHinkley() : PageHinkley(Config{}) {}

    /// The mean has risen: it begins anew with the next value.
    bool add(double value);

    [[nodiscard]] double sum() const { return sum_; }

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] static Result<PageHinkley> load(ByteReader& from, const Config& config);

private:
    Config config_;
    std::uint64_t values_ = 0;
    double mean_ = 0;
    double sum_ = 0;
};

}  // namespace skerry::feedback
