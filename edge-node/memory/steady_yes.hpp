#pragma once

#include <chrono>
#include <optional>

#include "common/base/time.hpp"

namespace skerry::node {

/// A yes that, after a no, has to hold for a while before it is believed: so that a big task does not begin in a gap
/// between two small ones, and stop, and begin. Learns only from what it is asked.
class SteadyYes {
public:
    explicit SteadyYes(std::chrono::milliseconds time) : time_(time) {}

    /// Whether `now_yes` is believed at this moment.
    [[nodiscard]] bool believes(bool now_yes, TimePoint now) {
        if (!now_yes) {
            doubted_ = true;
            yes_since_.reset();
            return false;
        }
        if (!doubted_) return true;
        if (!yes_since_ || now < *yes_since_) yes_since_ = now;
        if (now - *yes_since_ < time_) return false;
        doubted_ = false;
        yes_since_.reset();
        return true;
    }

private:
    std::chrono::milliseconds time_;
    bool doubted_ = false;
    std::optional<TimePoint> yes_since_;
};

}  // namespace skerry::node
