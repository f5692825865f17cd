#include "common/wire/top_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>

#include "common/parameters/precision/minifloat.hpp"
#include "common/wire/delta_codec.hpp"
#include "common/wire/minifloat_values.hpp"

namespace skerry::wire {
namespace {

using parameters::Float16;

constexpr std::size_t kSampled = 1U << 14U;  // at most twice as many
constexpr std::size_t kTogether = 16;        // passed over in one step where none is large
constexpr std::uint32_t kNotZero = 1;        // the least size of such

/// Bits of a float that is not negative are in its order.
std::uint32_t size_of(float value) {
    return std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU;
}

/// A size that some more than `count` values have, as far as a sample tells; 0 where that is all of them.
std::uint32_t guess_least(std::span<const float> values, std::size_t count) {
    const std::size_t step = values.size() / kSampled;
    if (step < 2) return 0;
    std::vector<std::uint32_t> sizes;
    sizes.reserve(values.size() / step + 1);
    for (std::size_t i = 0; i < values.size(); i += step)
        sizes.push_back(size_of(values[i]));
    const double expected = static_cast<double>(count) / static_cast<double>(step);
    const auto wanted = static_cast<std::size_t>(expected + 4 * std::sqrt(expected) + 1);
    if (wanted >= sizes.size()) return 0;
    const auto least = sizes.begin() + static_cast<std::ptrdiff_t>(wanted);
    std::nth_element(sizes.begin(), least, sizes.end(), std::greater<>());
    return *least;
}

std::vector<std::uint32_t> places_of(std::span<const float> values, std::uint32_t least) {
    std::vector<std::uint32_t> places;
    const auto look = [&](std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count; ++i)
            if (size_of(values[i]) >= least) places.push_back(static_cast<std::uint32_t>(i));
    };
    std::size_t first = 0;
    for (; first + kTogether <= values.size(); first += kTogether) {
        std::int32_t any = 0;
        for (std::size_t i = 0; i < kTogether; ++i)  // compared as SSE2 can
            any |= static_cast<std::int32_t>(size_of(values[first + i])) >= static_cast<std::int32_t>(least) ? 1 : 0;
        if (any != 0) look(first, kTogether);
    }
    look(first, values.size() - first);
    return places;
}

/// The first of them, until there are `count` places.
void add_zeroes(std::span<const float> values, std::size_t count, std::vector<std::uint32_t>& places) {
    places.reserve(count);
    for (std::uint32_t i = 0; places.size() < count; ++i)
        if (size_of(values[i]) == 0) places.push_back(i);
    std::sort(places.begin(), places.end());
}

std::optional<std::uint64_t> get_gap(ByteReader& from) {
    std::uint64_t gap = 0;
    for (unsigned shift = 0; shift < 7 * kGapBytesMax; shift += 7) {
        const auto byte = from.get<std::uint8_t>();
        gap |= std::uint64_t{byte & 0x7FU} << shift;
        if ((byte & 0x80U) != 0) continue;
        if (byte == 0 && shift > 0) break;  // a longer way to write a shorter one
        return gap;
    }
    return std::nullopt;
}

}  // namespace

std::size_t top_count_max(std::size_t values) {
    return (values * std::uint64_t{kTopMax} + 999'999) / 1'000'000;
}

std::vector<std::uint32_t> places_of_largest(std::span<const float> values, std::size_t count) {
    const std::uint32_t guess = std::max(guess_least(values, count), kNotZero);
    std::vector<std::uint32_t> places = places_of(values, guess);
    if (places.size() < count && guess > kNotZero) places = places_of(values, kNotZero);
    if (places.size() < count) {
        add_zeroes(values, count, places);
        return places;
    }
    std::vector<std::uint32_t> sizes;
    sizes.reserve(places.size());
    for (const std::uint32_t place : places)
        sizes.push_back(size_of(values[place]));
    const auto last = sizes.begin() + static_cast<std::ptrdiff_t>(count - 1);
    std::nth_element(sizes.begin(), last, sizes.end(), std::greater<>());
    const std::uint32_t least = *last;
    auto equal = count - static_cast<std::size_t>(
                             std::count_if(sizes.begin(), last, [least](std::uint32_t size) { return size > least; }));
    std::erase_if(places, [&](std::uint32_t place) {
        const std::uint32_t size = size_of(values[place]);
        if (size != least) return size < least;
        if (equal == 0) return true;
        --equal;
        return false;
    });
    return places;
}

void put_top(ByteWriter& to, std::span<const float> values, std::uint32_t top_ppm) {
    const std::uint64_t wanted = (values.size() * std::uint64_t{top_ppm} + 999'999) / 1'000'000;
    const std::size_t count = std::clamp<std::size_t>(wanted, std::min<std::size_t>(1, values.size()), values.size());
    to.put(static_cast<std::uint32_t>(count));
    if (count == 0) return;
    std::vector<float> chosen;
    chosen.reserve(count);
    std::uint32_t next = 0;
    for (const std::uint32_t place : places_of_largest(values, count)) {
        std::uint32_t gap = place - next;
        for (; gap >= 0x80U; gap >>= 7U)
            to.put(static_cast<std::uint8_t>(gap | 0x80U));
        to.put(static_cast<std::uint8_t>(gap));
        next = place + 1;
        chosen.push_back(values[place]);
    }
    put_minifloats<Float16>(to, chosen, kFloat16Top);
}

bool get_top(ByteReader& from, std::size_t size, std::uint32_t first, SparseValues& to) {
    const auto count = from.get<std::uint32_t>();
    if (!from.ok() || count > top_count_max(size) || from.remaining() < count * std::uint64_t{3}) return false;
    if (count == 0) return true;
    to.places.reserve(to.places.size() + count);
    to.values.reserve(to.values.size() + count);
    std::uint64_t next = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto gap = get_gap(from);
        if (!gap || next + *gap >= size) return false;
        to.places.push_back(first + static_cast<std::uint32_t>(next + *gap));
        next += *gap + 1;
    }
    const auto unit = get_unit(from);
    if (!unit) return false;
    for (std::uint32_t i = 0; i < count; ++i)
        to.values.push_back(Float16::decode(from.get<std::uint16_t>()) * *unit);
    return from.ok();
}

}  // namespace skerry::wire
