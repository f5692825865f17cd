#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "common/base/time.hpp"
#include "edge-node/memory/task_shapes.hpp"

namespace skerry::node {

struct PressurePolicy {
    /// Share of the time in which some task of the machine stalls for memory. Above: the device is short of it.
    double share_max = 0.10;
    std::chrono::milliseconds window{1000};  ///< over which the share is taken
    std::chrono::milliseconds calm{2000};    ///< how long it must be low before a step back
};

/// What the machine's stall time for memory (PSI, "some") asks of us:
///
///     calm ──a window above──▶ admissions stop ──each further window above──▶ FallBack
///     ◀──admissions resume──── low for `calm` ◀──each further `calm`── Recover
///
/// Deterministic: readings go in with their time. One thread at a time.
/// Linux, Documentation/accounting/psi.rst.
class PressureGuard {
public:
    using Model = TaskShapes::Model;
    struct Order {
        enum class Kind { FallBack, Recover } kind;
        Model model;  ///< which from now on works in the other shape
    };

    explicit PressureGuard(PressurePolicy policy) : policy_(policy) {}

    /// A model begins to work, enhanced.
    void add(Model model) { shapes_.add(model); }

    /// `stalled`: the time that some task has stalled, since any fixed moment. A counter or a clock that goes back
    /// begins a new window.
    [[nodiscard]] std::optional<Order> on_reading(std::chrono::microseconds stalled, TimePoint now);

    /// No big task may begin.
    [[nodiscard]] bool short_of_memory() const { return short_; }
    [[nodiscard]] bool is_base(Model model) const { return shapes_.is_base(model); }
    /// Of the last whole window; 0 before there was one.
    [[nodiscard]] double share() const { return share_; }
    /// Nothing is stopped, and readings may become rarer.
    [[nodiscard]] bool calm() const { return !short_ && share_ <= policy_.share_max && !shapes_.any_base(); }

private:
    struct Reading {
        std::chrono::microseconds stalled;
        TimePoint at;
    };
    [[nodiscard]] std::optional<Order> on_high(TimePoint now);
    [[nodiscard]] std::optional<Order> on_low(TimePoint now);

    PressurePolicy policy_;
    TaskShapes shapes_;
    std::deque<Reading> readings_;  ///< one that is a window old or older, then younger ones
    double share_ = 0;
    bool short_ = false;
    TimePoint stepped_{};  ///< when something changed last, or since when it is low
    bool low_ = true;
};

}  // namespace skerry::node
