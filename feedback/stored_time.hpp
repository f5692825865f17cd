#pragma once

#include "common/base/time.hpp"

/// How a time lies in a column: milliseconds since 1970, UTC. For the .cpp files of this folder.
namespace skerry::feedback {

[[nodiscard]] inline std::int64_t milliseconds_of(TimePoint time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline TimePoint time_of(std::int64_t milliseconds) {
    return TimePoint(std::chrono::milliseconds(milliseconds));
}

}  // namespace skerry::feedback
