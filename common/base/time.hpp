#pragma once

#include <chrono>
#include <string>

namespace skerry {

/// A moment of coordinated universal time, in milliseconds since 1970. Pure cores receive it with each event and
/// never ask for it, so that tests and simulations own the clock.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// The process's clock: the wall time at the first call, then steady. A node without a battery clock that is set
/// in the middle of its work sees no jump; no deadline is lost or met by an adjustment. Thread-safe.
class Clock {
public:
    [[nodiscard]] static TimePoint now();
};

/// "2026-03-01T12:00:00.250Z"
[[nodiscard]] std::string to_text(TimePoint time);

}  // namespace skerry
