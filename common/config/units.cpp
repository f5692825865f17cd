#include "common/config/units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace skerry::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t size;
};

// Largest first: the first that divides a value gives its shortest text.
constexpr std::array<Unit, 7> kTimes = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};
constexpr std::array<Unit, 7> kSizes = {{{"GiB", 1U << 30U},
                                         {"GB", 1'000'000'000},
                                         {"MiB", 1U << 20U},
                                         {"MB", 1'000'000},
                                         {"KiB", 1U << 10U},
                                         {"kB", 1'000},
                                         {"B", 1}}};

Result<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t max,
                            const std::string& help) {
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
        if (error != std::errc() || name != unit.name || count > max / unit.size) continue;
        return count * unit.size;
    }
    return fail(ErrorCode::InvalidInput, "'" + std::string(text.substr(0, 40)) + "' is not " + help);
}

std::string written(std::uint64_t value, std::span<const Unit> units) {
    for (const Unit& unit : units) {
        if (value >= unit.size && value % unit.size == 0) {
            return std::to_string(value / unit.size) + std::string(unit.name);
        }
    }
    return "0";
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    const auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::uint64_t count = SKERRY_TRY(
        parse(text, kTimes, max, "a duration: write a whole number and ns, us, ms, s, m, h or d, such as 250ms"));
    return std::chrono::nanoseconds(static_cast<std::int64_t>(count));
}

Result<std::uint64_t> parse_byte_size(std::string_view text) {
    const auto max = std::numeric_limits<std::uint64_t>::max();
    if (!text.empty() && text.back() >= '0' && text.back() <= '9') return parse_byte_size(std::string(text) + "B");
    return parse(text, kSizes, max, "a size: write a whole number and B, KiB, MiB, GiB, kB, MB or GB, such as 64MiB");
}

std::string to_text(std::chrono::nanoseconds duration) {
    if (duration.count() <= 0) return "0s";
    return written(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::string byte_size_text(std::uint64_t bytes) {
    return bytes == 0 ? "0B" : written(bytes, kSizes);
}

}  // namespace skerry::config
