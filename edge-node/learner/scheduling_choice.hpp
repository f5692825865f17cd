#pragma once

#include <algorithm>
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

    /// The class for the next piece of work.
    [[nodiscard]] Class now() const { return class_; }

    /// A piece of work took `wall`, and the processor for `computing` of that.
    void after(Time wall, Time computing) {
        wall_ += wall;
        computing_ += computing;
        if (wall_ < (class_ == Class::Idle ? kTrial : relief_)) return;
        const bool starved = class_ == Class::Idle && computing_ * kStarvedShare < wall_;
        if (starved) {
            class_ = Class::Batch;
            relief_ = std::min(2 * relief_, kReliefMax);
        } else {
            if (class_ == Class::Idle) relief_ = kReliefMin;
            class_ = Class::Idle;
        }
        wall_ = computing_ = Time(0);
    }

private:
    static constexpr Time kTrial = std::chrono::milliseconds(500);
    static constexpr Time kReliefMin = std::chrono::seconds(5);  ///< doubled with each trial that starves
    static constexpr Time kReliefMax = std::chrono::minutes(2);
    static constexpr int kStarvedShare = 10;  ///< it got less than one tenth of a processor

    Class class_ = Class::Idle;
    Time relief_ = kReliefMin;
    Time wall_{0};  ///< since the class was last judged
    Time computing_{0};
};

}  // namespace skerry::node
