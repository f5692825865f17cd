#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

namespace skerry::node {

/// How long a stage takes, learned from the batches that were run. Owns no clock. Not thread-safe.
class StageTimes {
public:
    using Instant = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::nanoseconds;

    /// What was measured longer ago says nothing any more: one slow moment must not close a stage for ever.
    static constexpr std::chrono::seconds kMemory{10};

    explicit StageTimes(std::size_t rows_max) : mean_(rows_max + 1) {}

    void add(std::size_t rows, Duration time, Instant at);

    /// Of a batch of so many rows; 0: none has been run yet.
    [[nodiscard]] Duration expected(std::size_t rows) const;
    /// What 95 of 100 batches of the last kMemory stayed within; 0: there were none.
    [[nodiscard]] Duration p95(Instant now) const;

private:
    struct Seen {
        Instant at{};
        Duration time{0};
    };
    static constexpr std::size_t kWindow = 64;

    std::vector<Duration> mean_;  ///< by rows, exponentially weighted; 0: never seen
    std::array<Seen, kWindow> seen_{};
    std::size_t next_ = 0;
};

}  // namespace skerry::node
