#pragma once

#include <algorithm>
#include <chrono>

namespace skerry {

/// How the learner shares processors with serving. Idle (SCHED_IDLE): it runs when nothing else does, is put aside at
/// once when a request comes, and its processor counts as free. But where others keep all processors busy it would
/// stand still. So it begins as Batch (SCHED_BATCH, nice 10) unless there was time to spare before, becomes Idle when
/// there has been for a while, and is Batch again for longer and longer when that gets too little. sched(7). One thread
/// at a time.
class SchedulingChoice {
public:
    enum class Class { Idle, Batch };
    using Time = std::chrono::nanoseconds;

    struct Piece {
        Time wall;       ///< how long a piece of work took
        Time computing;  ///< how much of that it had a processor
        Time elapsed;    ///< since the piece before it had ended
        Time spare;      ///< how much of `elapsed` all processors together had nothing to do
    };

    explicit SchedulingChoice(Class first = Class::Batch) : class_(first) {}

    /// Before the first piece: `spare` of the time `elapsed` before it was nobody's. A short time says nothing.
    void begin(Time elapsed, Time spare) {
        if (elapsed >= kLook && spare * kSpareShare >= elapsed) class_ = Class::Idle;
    }

    /// The class for the next piece of work.
    [[nodiscard]] Class now() const { return class_; }

    void after(const Piece& piece) {
        wall_ += piece.wall;
        computing_ += piece.computing;
        elapsed_ += piece.elapsed;
        spare_ += piece.spare;
        if (wall_ < (class_ == Class::Idle ? kTrial : relief_)) return;
        if (class_ == Class::Batch) {
            // What it had itself it would have there too, where nobody but it wanted that: half of it, let us say.
            if ((spare_ + computing_ / 2) * kSpareShare >= elapsed_) class_ = Class::Idle;
        } else if (computing_ * kStarvedShare < wall_) {
            class_ = Class::Batch;
            relief_ = std::min(2 * relief_, kReliefMax);
        } else {
            relief_ = kReliefMin;
        }
        wall_ = computing_ = elapsed_ = spare_ = Time(0);
    }

private:
    static constexpr Time kTrial = std::chrono::milliseconds(500);
    static constexpr Time kLook = std::chrono::milliseconds(100);       ///< the kernel counts in hundredths of a second
    static constexpr Time kReliefMin = std::chrono::milliseconds(250);  ///< of work; doubled with each trial in vain
    static constexpr Time kReliefMax = std::chrono::minutes(1);
    static constexpr int kStarvedShare = 10;  ///< it got less than one tenth of a processor
    static constexpr int kSpareShare = 5;     ///< the machine has a fifth of a processor for it

    Class class_;
    Time relief_ = kReliefMin;
    Time wall_{0};  ///< these four: since the class was last judged
    Time computing_{0};
    Time elapsed_{0};
    Time spare_{0};
};

}  // namespace skerry
