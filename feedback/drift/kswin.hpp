#pragma once

#include <deque>
#include <optional>

#include "common/base/bytes.hpp"

namespace skerry::feedback {

/// Watches the distribution of a stream of numbers that need no labels (how uncertain answers are, a feature's value):
/// the newest against all that the window holds before them, by Kolmogorov's and Smirnov's test. Not thread-safe.
/// Raab et al. 2020, "Reactive soft prototype computing for concept drift streams" (KSWIN), which compares with a
/// random sample of the older ones; all of them have more power, and the same stream always gives the same answers.
class Kswin {
public:
    struct Config {
        std::size_t window = 300;   ///< numbers held
        std::size_t newest = 100;   ///< of them compared with the rest; below `window`
        double confidence = 0.001;  ///< the chance of a false alarm in one test
    };

    explicit Kswin(const Config& config) : config_(config) {}
    Kswin() : Kswin(Config{}) {}

    /// A finite number.
    void add(double value);
    /// Tests once, as often as the caller wants; O(window · log window). What it has is the largest distance between
    /// the two distribution functions when it is too large for chance: the older numbers are then let go. Nothing: no
    /// change, or the window is not full yet.
    [[nodiscard]] std::optional<double> check();

    [[nodiscard]] std::size_t size() const { return values_.size(); }

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] static Result<Kswin> load(ByteReader& from, const Config& config);

private:
    Config config_;
    std::deque<double> values_;  ///< the oldest first
};

}  // namespace skerry::feedback
