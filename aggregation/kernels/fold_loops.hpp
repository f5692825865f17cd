#pragma once

#include "aggregation/kernels/fold.hpp"

// The kernels' bodies, compiled once for each instruction set by the file that includes it, which the compiler makes
// vectors of. Everything is in an unnamed namespace and nothing of the standard library is used: a function compiled
// for AVX2 must never be the one copy that the linker keeps for a processor without it.
namespace skerry::aggregation::kernels {
namespace {

// NOLINTBEGIN(misc-definitions-in-headers): a copy for each file is the purpose
template <class Value>
inline Value loaded(const std::byte* from, std::size_t index) {
    Value value;
    __builtin_memcpy(&value, from + index * sizeof value, sizeof value);
    return value;
}

inline std::uint64_t pattern(double value) {
    std::uint64_t bits = 0;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Of numbers without a sign, signed and unsigned order agree; for the signed one there is an instruction.
inline std::int32_t larger(std::int32_t largest, std::int32_t bits) {
    const std::int32_t magnitude = bits & 0x7fffffff;
    return magnitude > largest ? magnitude : largest;
}

inline std::uint64_t change_of(float value, double scale) {
    return pattern(static_cast<double>(value) * scale + kRounder) - pattern(kRounder);
}

/// One pass: a block that is checked first and added then is read twice, and takes a third longer. The product of a
/// value that is no number has the same bits whenever it is made, since it is the only such operand: so it can be taken
/// away as well.
enum class Fold { Set, Add, TakeAway };
template <Fold kFold>
std::uint32_t fold_loop(const std::byte* __restrict values, double scale, std::size_t count,
                        std::int64_t* __restrict sums) {
    std::int32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        largest = larger(largest, loaded<std::int32_t>(values, i));
        const std::uint64_t change = change_of(loaded<float>(values, i), scale);
        const std::uint64_t sum = kFold == Fold::Set ? 0 : static_cast<std::uint64_t>(sums[i]);
        sums[i] = static_cast<std::int64_t>(kFold == Fold::TakeAway ? sum - change : sum + change);
    }
    return static_cast<std::uint32_t>(largest);
}

template <bool kSet>
std::uint32_t together_loop(const Together& updates, std::size_t count, std::int64_t* __restrict sums) {
    static_assert(kTogether == 4);
    const std::byte* const __restrict a = updates.values[0];
    const std::byte* const __restrict b = updates.values[1];
    const std::byte* const __restrict c = updates.values[2];
    const std::byte* const __restrict d = updates.values[3];
    const double by_a = updates.scales[0], by_b = updates.scales[1], by_c = updates.scales[2], by_d = updates.scales[3];
    std::int32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        largest = larger(largest, loaded<std::int32_t>(a, i));
        largest = larger(largest, loaded<std::int32_t>(b, i));
        largest = larger(largest, loaded<std::int32_t>(c, i));
        largest = larger(largest, loaded<std::int32_t>(d, i));
        const std::uint64_t sum = kSet ? 0 : static_cast<std::uint64_t>(sums[i]);
        sums[i] = static_cast<std::int64_t>(
            sum + change_of(loaded<float>(a, i), by_a) + change_of(loaded<float>(b, i), by_b) +
            change_of(loaded<float>(c, i), by_c) + change_of(loaded<float>(d, i), by_d));
    }
    return static_cast<std::uint32_t>(largest);
}

std::uint32_t largest_loop(const std::byte* values, std::size_t count) {
    std::int32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i)
        largest = larger(largest, loaded<std::int32_t>(values, i));
    return static_cast<std::uint32_t>(largest);
}
// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace skerry::aggregation::kernels
