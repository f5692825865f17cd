#pragma once

#include "common/base/time.hpp"

/// Times as they lie in entries and tables. For the .cpp files of this folder.
namespace skerry::coordinator::ledger {

inline std::int64_t ms(TimePoint time) {
    return time.time_since_epoch().count();
}

inline TimePoint time_of(std::int64_t ms) {
    return TimePoint{std::chrono::milliseconds(ms)};
}

}  // namespace skerry::coordinator::ledger
