#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/random.hpp"
#include "common/base/time.hpp"

namespace skerry::node {

/// How long to wait for an answer before asking again: doubling from `first` to `longest`, each time between three
/// quarters and five quarters of that, so that a fleet does not ask in step.
struct Backoff {
    std::chrono::milliseconds first{1000};
    std::chrono::milliseconds longest{30'000};
};

/// Deterministic jitter; the seed is the node's.
class Jitter {
public:
    explicit Jitter(std::uint64_t seed) : random_(seed) {}
    /// `time` · [3/4, 5/4).
    [[nodiscard]] std::chrono::milliseconds around(std::chrono::milliseconds time);

private:
    Random random_;
};

/// Something that is asked again until it is answered, since any message may be lost without a word.
class Question {
public:
    /// Wants asking from `when` on, patiently again: forgets earlier attempts.
    void open(TimePoint when);
    /// Not before `when`, without forgetting how often it was asked.
    void postpone(TimePoint when);
    /// It was put to the coordinator just now.
    void asked(TimePoint now, const Backoff& backoff, Jitter& jitter);
    void close() { due_.reset(); }

    [[nodiscard]] bool is_open() const { return due_.has_value(); }
    [[nodiscard]] bool is_due(TimePoint now) const { return due_ && *due_ <= now; }
    [[nodiscard]] std::optional<TimePoint> due() const { return due_; }
    /// Asked this often without an answer.
    [[nodiscard]] unsigned attempts() const { return attempts_; }

private:
    std::optional<TimePoint> due_;
    unsigned attempts_ = 0;
};

}  // namespace skerry::node
