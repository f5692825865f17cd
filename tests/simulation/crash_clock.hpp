#pragma once

#include "tests/simulation/world.hpp"

namespace skerry::simulation {

/// When a process dies: after a drawn number of its steps, and now and then beside a durable one. The first death comes
/// early, so that each process has one; where the seed has drawn crashes, more follow.
class CrashClock {
public:
    CrashClock(World& world, Dice dice) : world_(world), dice_(dice), left_(dice_.between(1, 150)) {}

    /// Asked before each step; `durable`: the step, or the one before it, changes the disk.
    [[nodiscard]] bool strikes(bool durable) {
        if (!world_.storm || !world_.plan.faults.crash) return false;
        const bool now = (left_ > 0 && --left_ == 0) || (durable && dice_.chance(world_.conditions.crash_at_disk));
        if (!now) return false;
        ++deaths_;
        if (left_ == 0 && world_.conditions.crash) left_ = dice_.between(20, 600);
        return true;
    }
    /// A death that somebody else has decided on.
    void count_death() { ++deaths_; }
    [[nodiscard]] std::uint64_t deaths() const { return deaths_; }
    [[nodiscard]] std::chrono::milliseconds pause() {
        return dice_.between(std::chrono::milliseconds(10), world_.conditions.down_max);
    }

private:
    World& world_;
    Dice dice_;
    std::uint64_t left_;
    std::uint64_t deaths_ = 0;
};

}  // namespace skerry::simulation
