#include "coordinator/release/sequential_test.hpp"

#include <cmath>

namespace skerry::coordinator {

Shown shown_by(std::uint64_t won, std::uint64_t lost) {
    constexpr double kWins = 1.0 / 3.0;   // of a worse one
    constexpr double kFalseAlarm = 0.01;  // a good one is called worse
    constexpr double kMiss = 0.05;        // a worse one passes
    const double ratio =
        static_cast<double>(won) * std::log(kWins / 0.5) + static_cast<double>(lost) * std::log((1 - kWins) / 0.5);
    if (ratio >= std::log((1 - kMiss) / kFalseAlarm)) return Shown::Worse;
    if (ratio <= std::log(kMiss / (1 - kFalseAlarm))) return Shown::NotWorse;
    return Shown::Nothing;
}

}  // namespace skerry::coordinator
