#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "feedback/label_join.hpp"

namespace skerry::node {

/// Times by their upper bounds, as Prometheus wants them, except that each bucket counts only its own.
struct LatencyHistogram {
    static constexpr std::array<double, 12> kUpperSeconds = {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3,
                                                             5e-3,  10e-3,  25e-3,  50e-3,  0.1,  0.5};
    std::array<std::uint64_t, kUpperSeconds.size() + 1> buckets{};  ///< the last: longer than all bounds
    std::uint64_t count = 0;
    double sum_seconds = 0;

    void add(std::chrono::nanoseconds time) {
        const double seconds = std::chrono::duration<double>(time).count();
        std::size_t bucket = 0;
        while (bucket < kUpperSeconds.size() && seconds > kUpperSeconds[bucket])
            ++bucket;
        ++buckets[bucket];
        ++count;
        sum_seconds += seconds;
    }
};

/// How often something was done, and how long it took altogether.
struct TimeTally {
    std::uint64_t count = 0;
    std::chrono::nanoseconds time{0};

    void add(std::chrono::nanoseconds more) {
        ++count;
        time += more;
    }
};

/// Where the time of infer requests goes; one count a request.
struct RequestTimes {
    TimePoint last;     ///< when the newest one came that was answered
    TimeTally success;  ///< from its arrival until its answer was written
    TimeTally fail;     ///< until it was refused
    TimeTally read;     ///< of those answered, as all below
    TimeTally queue;    ///< between reading and writing, but for the batches that it was in
    TimeTally compute;  ///< the batches that it was in
    TimeTally write;
};

/// What the inference API has done since it started. Only grows.
struct ServingCounters {
    RequestTimes times;
    std::array<std::uint64_t, kTiers> answered{};    ///< samples, by the tier that answered
    std::array<LatencyHistogram, kTiers> latency{};  ///< from the request's arrival to its answer, by sample
    std::uint64_t anytime = 0;                       ///< of these samples: cut short by their deadline
    std::uint64_t requests = 0;                      ///< infer requests, answered or refused
    std::uint64_t refused_invalid = 0;               ///< 4xx
    std::uint64_t refused_busy = 0;                  ///< 503: the queue was full
    std::uint64_t refused_unready = 0;               ///< 503: no weights yet
    std::array<std::uint64_t, feedback::kLabelVerdicts> labels{};  ///< by verdict
    std::uint64_t feedback_busy = 0;                               ///< 429: learning is behind
    std::uint64_t clamped = 0;  ///< samples with a value beyond ±limits::kScaledInputMax after scaling
    std::optional<std::size_t> clamped_channel;  ///< of the first of these: channel or feature
};

}  // namespace skerry::node
