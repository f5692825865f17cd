#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include "common/base/bytes.hpp"

/// Floats of few bits under one power of two that stands before them; only for the source files of delta codecs.
namespace skerry::wire {

inline constexpr std::size_t kCodesAtOnce = 64;
inline constexpr int kUnitExponentMin = -126;
inline constexpr int kUnitExponentMax = 127;

// By bits: those of magnitudes are in the order of the values, and of whole numbers there is a vector's largest.
[[nodiscard]] inline float largest_of(std::span<const float> values) {
    std::int32_t most = 0;
    for (const float value : values)
        most = std::max(most, std::bit_cast<std::int32_t>(value) & 0x7FFFFFFF);
    return std::bit_cast<float>(most);
}

/// `top`: the exponent of the largest once they are divided.
template <class Format>
void put_minifloats(ByteWriter& to, std::span<const float> values, int top) {
    const float most = largest_of(values);
    const int exponent = most == 0 ? 0 : std::clamp(std::ilogb(most) - top, kUnitExponentMin, kUnitExponentMax);
    to.put(static_cast<std::uint8_t>(static_cast<std::int8_t>(exponent)));
    const float factor = std::ldexp(1.0F, -exponent);
    std::array<typename Format::Code, kCodesAtOnce> codes;
    while (!values.empty()) {
        const auto piece = values.first(std::min(kCodesAtOnce, values.size()));
        for (std::size_t i = 0; i < piece.size(); ++i)
            codes[i] = Format::encode(piece[i] * factor);
        to.put(std::as_bytes(std::span(codes).first(piece.size())));
        values = values.subspan(piece.size());
    }
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
