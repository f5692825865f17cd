#pragma once

#include <chrono>

namespace skerry::node {

/// How the learner shares processors with serving. Idle (SCHED_IDLE): it runs when nothing else does, is put aside at
/// once when a request comes, and its processor counts as free. But where others keep all processors busy, it would
/// stand still; then it works as Batch (SCHED_BATCH, nice 10) for a while, and tries again. sched(7). One thread at a
/// time.
class SchedulingChoice {
public:
    enum class Class { Idle, Batch };
    using Time = std::chrono::nanoseconds;

    /// A request took `wall`, and the processor for `computing` of that. Returns the class for the next.
    Class after(Time wall, Time computing) {
        wall_ += wall;
        computing_ += computing;
        const bool over = wall_ >= (class_ == Class::Idle ? kTrial : kRelief);
        if (!over) return class_;
        const bool starved = class_ == Class::Idle && computing_ * kStarvedShare < wall_;
        wall_ = computing_ = Time(0);
        return class_ = starved ? Class::Batch : Class::Idle;
    }

private:
    static constexpr Time kTrial = std::chrono::seconds(1);
    static constexpr Time kRelief = std::chrono::seconds(10);
    static constexpr int kStarvedShare = 10;  ///< it got less than one tenth of a processor

    Class class_ = Class::Idle;
    Time wall_{0};
    Time computing_{0};
};

}  // namespace skerry::node
