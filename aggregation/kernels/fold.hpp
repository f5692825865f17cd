#pragma once

#include <cstddef>
#include <cstdint>

namespace skerry::aggregation::kernels {

/// Adding 1.5·2⁵² moves a double of at most ±2⁵¹ to where its last bit is worth 1: the addition itself rounds half to
/// even, and the difference of the bit patterns is the whole number. Plain IEEE 754, and it vectorises.
inline constexpr double kRounder = 6755399441055744.0;

/// Updates that are added together: `count` values of each, and what each is scaled by.
inline constexpr int kTogether = 4;
struct Together {
    const std::byte* values[kTogether];
    double scales[kTogether];
};

/// Loops for one processor. Values are float32, little-endian, at any address.
struct Kernels {
    /// As add() to sums of zero, whatever they are.
    std::uint32_t (*set)(const std::byte* values, double scale, std::size_t count, std::int64_t* sums);
    /// sums[i] += round(scale·values[i]), modulo 2⁶⁴; is right where |scale·value| ≤ 2⁵¹. Returns the largest bit
    /// pattern of the values without their signs: NaN and infinity have larger ones than any number.
    std::uint32_t (*add)(const std::byte* values, double scale, std::size_t count, std::int64_t* sums);
    /// Takes away exactly what add() of the same has added, whatever the values are.
    std::uint32_t (*take_away)(const std::byte* values, double scale, std::size_t count, std::int64_t* sums);
    /// set() and add() of four updates; the sums are read and written once.
    std::uint32_t (*set_together)(const Together& updates, std::size_t count, std::int64_t* sums);
    std::uint32_t (*add_together)(const Together& updates, std::size_t count, std::int64_t* sums);
    /// What add() returns, alone.
    std::uint32_t (*largest_magnitude)(const std::byte* values, std::size_t count);
};

/// The fastest that this processor runs. All give the same bytes.
[[nodiscard]] const Kernels& best_kernels();

extern const Kernels kBaseline;
#if defined(__x86_64__)
extern const Kernels kAvx2;
#endif

}  // namespace skerry::aggregation::kernels
