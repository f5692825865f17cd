#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "common/base/bytes.hpp"

/// Floats of few bits under one power of two that stands before them; only for the source files of delta codecs.
namespace skerry::wire {

inline constexpr int kUnitExponentMin = -126;
inline constexpr int kUnitExponentMax = 127;

[[nodiscard]] inline float largest_of(std::span<const float> values) {
    float most = 0;
    for (const float value : values)
        most = std::max(most, std::abs(value));
    return most;
}

/// `top`: the exponent of the largest once they are divided.
template <class Format>
void put_minifloats(ByteWriter& to, std::span<const float> values, int top) {
    const float most = largest_of(values);
    const int exponent = most == 0 ? 0 : std::clamp(std::ilogb(most) - top, kUnitExponentMin, kUnitExponentMax);
    to.put(static_cast<std::uint8_t>(static_cast<std::int8_t>(exponent)));
    // Not one product: 2^-exponent may be no float32.
    for (const float value : values)
        to.put(Format::encode(std::ldexp(value, -exponent)));
}

/// The multiplier that comes first; nothing: no exponent that is written.
[[nodiscard]] inline std::optional<float> get_unit(ByteReader& from) {
    const auto exponent = from.get<std::int8_t>();
    if (!from.ok() || exponent < kUnitExponentMin) return std::nullopt;
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23U);
}

/// binary16 with the largest in [2^14, 2^15), so that what is a millionth of it keeps its digits.
inline constexpr int kFloat16Top = 14;

}  // namespace skerry::wire
