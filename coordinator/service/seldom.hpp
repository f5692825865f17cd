#pragma once

#include <chrono>
#include <optional>

#include "common/base/time.hpp"

namespace skerry::coordinator {

/// For what happens again and again: one line tells, and another much later.
class Seldom {
public:
    /// Whether it is to be told now.
    [[nodiscard]] bool again(TimePoint now) {
        if (told_ && now >= *told_ && now - *told_ < kPause) return false;
        told_ = now;
        return true;
    }

private:
    static constexpr std::chrono::minutes kPause{10};
    std::optional<TimePoint> told_;
};

}  // namespace skerry::coordinator
