#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace skerry::parameters {

/// A binary floating format of 16 bits or fewer: sign, exponent, mantissa, with subnormals and signed zeros as in
/// IEEE 754. encode() rounds once, from the float32 itself, to the nearest value and of two equally near ones to the
/// even code: by way of another format the two roundings can add up. A finite value that is too large becomes the
/// largest, never an infinity; that and the bits of NaNs are where the conversion instructions of CPUs differ, so none
/// is used and the bytes are the same on every machine. An infinity stays one where the format has it, and is the
/// largest value where it has not. A NaN stays one and keeps its sign. OCP 8-bit Floating Point Specification 1.0; IEEE
/// 754-2019, binary16.
template <class CodeType, unsigned kExponentBits, unsigned kMantissaBits, bool kHasInfinity>
struct MiniFloat {
    using Code = CodeType;
    static constexpr unsigned kBits = 1 + kExponentBits + kMantissaBits;
    static constexpr std::uint32_t kBias = (1U << (kExponentBits - 1)) - 1;
    /// The code of the largest finite value.
    static constexpr std::uint32_t kMaxCode =
        (((1U << kExponentBits) - 1) << kMantissaBits) - 1 + (kHasInfinity ? 0 : (1U << kMantissaBits) - 1);

    [[nodiscard]] static constexpr Code encode(float value) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
        return static_cast<Code>(((bits >> 31U) << (kBits - 1)) | code_of(magnitude));
    }

    /// Exact: every value of the format is a float32.
    [[nodiscard]] static constexpr float decode(Code code) {
        const std::uint32_t sign = (std::uint32_t{code} >> (kBits - 1)) << 31U;
        const std::uint32_t magnitude = code & ((1U << (kBits - 1)) - 1);
        // All three, and then a choice: loops over this become vector instructions.
        const std::uint32_t normal = (magnitude << kShift) + (kRebias << 23U);
        const auto subnormal =
            std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * kSubnormalUnit);
        const std::uint32_t special = 0x7F800000U | (magnitude << kShift);
        const std::uint32_t finite = magnitude < (1U << kMantissaBits) ? subnormal : normal;
        return std::bit_cast<float>(sign | (magnitude > kMaxCode ? special : finite));
    }

private:
    static constexpr unsigned kShift = 23 - kMantissaBits;
    static constexpr std::uint32_t kRebias = 127 - kBias;
    static constexpr std::uint32_t kNormalExponentMin = kRebias + 1;  ///< as float32 writes it
    static constexpr float kSubnormalUnit = std::bit_cast<float>((kNormalExponentMin - kMantissaBits) << 23U);

    static constexpr std::uint32_t code_of(std::uint32_t magnitude) {
        if (magnitude >= 0x7F800000U) return code_of_special(magnitude);
        // Choices and no branches: which way a weight goes is as good as random, and no CPU guesses that.
        const std::uint32_t exponent = magnitude >> 23U;
        const bool normal = exponent >= kNormalExponentMin;
        const std::uint32_t significand = normal ? magnitude : (magnitude & 0x7FFFFFU) | 0x800000U;
        // A shift of 25 makes a zero of whatever is below half of the smallest subnormal.
        const std::uint32_t shift = normal ? kShift : std::min(kShift + kNormalExponentMin - exponent, 25U);
        // The carry of the rounding runs into the exponent, as it should.
        const std::uint32_t code = rounded(significand, shift) - (normal ? kRebias << kMantissaBits : 0);
        return std::min(code, kMaxCode);
    }

    static constexpr std::uint32_t code_of_special(std::uint32_t magnitude) {
        constexpr std::uint32_t kNan = kHasInfinity ? kMaxCode + 1 + (1U << (kMantissaBits - 1)) : kMaxCode + 1;
        const bool infinite = magnitude == 0x7F800000U;
        if constexpr (!kHasInfinity) return infinite ? kMaxCode : kNan;
        return infinite ? kMaxCode + 1 : kNan | ((magnitude & 0x7FFFFFU) >> kShift);
    }

    /// `value`/2^`shift`, to the nearest, ties to even.
    static constexpr std::uint32_t rounded(std::uint32_t value, unsigned shift) {
        return (value + ((1U << (shift - 1)) - 1) + ((value >> shift) & 1U)) >> shift;
    }
};

/// Largest 65,504; smallest 2^-24.
using Float16 = MiniFloat<std::uint16_t, 5, 10, true>;
/// E4M3FN: largest 448, smallest 2^-9, no infinity, one NaN of each sign. For weights.
using Float8 = MiniFloat<std::uint8_t, 4, 3, false>;
/// E5M2: largest 57,344, smallest 2^-16. For what spans many powers of two.
using Float8Wide = MiniFloat<std::uint8_t, 5, 2, true>;

/// All values of an 8-bit format by code; for decoding.
template <class Format>
inline constexpr auto kDecoded = [] {
    std::array<float, 256> values{};
    for (std::size_t code = 0; code < values.size(); ++code)
        values[code] = Format::decode(static_cast<typename Format::Code>(code));
    return values;
}();

}  // namespace skerry::parameters
