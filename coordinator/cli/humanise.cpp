#include "coordinator/cli/humanise.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace skerry::cli {

namespace {

using namespace std::chrono_literals;

template <class... Values>
std::string formatted(const char* pattern, Values... values) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), pattern, values...);
    return text.data();
}

/// One decimal below ten, none from there: 1.5, 9.9, 10, 241.
std::string short_decimal(double value) {
    return formatted(value < 9.95 ? "%.1f" : "%.0f", value);
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    if (from + count > text.size()) return std::nullopt;
    int value = 0;
    for (const char digit : text.substr(from, count)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + (digit - '0');
    }
    return value;
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<const char*, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    // 1023.5 would be shown as 1024.
    for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit)
        value /= 1024;
    return short_decimal(value) + ' ' + kUnits[unit];
}

std::string human_count(std::uint64_t count) {
    std::string text = std::to_string(count);
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), 1, ',');
    }
    return text;
}

std::string human_duration(std::chrono::milliseconds duration) {
    const auto length = duration < 0ms ? -duration : duration;
    if (length == 0ms) return "0 s";
    if (length < 9950ms && length % 1s != 0ms)
        return formatted("%.1f s", std::max(0.1, static_cast<double>(length.count()) / 1000));
    const auto seconds = std::chrono::round<std::chrono::seconds>(length);
    const auto whole = static_cast<std::uint64_t>(seconds.count());
    struct Unit {
        std::uint64_t seconds;
        const char* name;
    };
    constexpr std::array<Unit, 4> kUnits{{{86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}}};
    for (std::size_t i = 0; i < kUnits.size(); ++i) {
        if (whole < kUnits[i].seconds) continue;
        std::string text = human_count(whole / kUnits[i].seconds) + ' ' + kUnits[i].name;
        if (i + 1 < kUnits.size()) {
            const std::uint64_t rest = whole % kUnits[i].seconds / kUnits[i + 1].seconds;
            if (rest > 0) text += ' ' + std::to_string(rest) + ' ' + kUnits[i + 1].name;
        }
        return text;
    }
    return "0 s";
}

std::string human_age(TimePoint time, TimePoint now) {
    const auto age = now - time;
    if (age > -500ms && age < 500ms) return "now";
    return age > 0ms ? human_duration(age) + " ago" : "in " + human_duration(age);
}

std::string human_time(TimePoint time) {
    std::string text = to_text(time);
    text = text.substr(0, text.find('.')) + " UTC";
    const auto separator = text.find('T');
    if (separator < text.find(' ')) text[separator] = ' ';
    return text;
}

std::string human_percent(double fraction) {
    return formatted("%.1f %%", fraction * 100);
}

std::string human_microseconds(double microseconds) {
    if (microseconds < 999.5) return short_decimal(microseconds) + " µs";
    if (microseconds < 999'500) return short_decimal(microseconds / 1e3) + " ms";
    return short_decimal(microseconds / 1e6) + " s";
}

std::string human_number(double number) {
    return formatted("%.3g", number);
}

std::string short_digest(std::string_view hexadecimal) {
    return std::string(hexadecimal.substr(0, 12));
}

std::optional<TimePoint> parse_time(std::string_view text) {
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60 || text.back() != 'Z') return std::nullopt;

    int milliseconds = 0;
    const std::string_view fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty()) {
        if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 10) return std::nullopt;
        if (!digits(fraction, 1, fraction.size() - 1)) return std::nullopt;
        const std::string padded = std::string(fraction.substr(1)) + "00";
        milliseconds = *digits(padded, 0, 3);
    }
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return TimePoint{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + std::chrono::milliseconds{milliseconds};
}

}  // namespace skerry::cli
