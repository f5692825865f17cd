#include "common/base/time.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace skerry {

TimePoint Clock::now() {
    struct Origin {
        std::chrono::system_clock::time_point wall = std::chrono::system_clock::now();
        std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();
    };
    static const Origin origin;
    const auto elapsed = std::chrono::steady_clock::now() - origin.steady;
    return std::chrono::time_point_cast<std::chrono::milliseconds>(origin.wall + elapsed);
}

std::string to_text(TimePoint time) {
    const auto since_epoch = time.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const auto milliseconds = static_cast<int>((since_epoch - seconds).count());
    const std::time_t whole = seconds.count();
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds);
    return text.data();
}

}  // namespace skerry
