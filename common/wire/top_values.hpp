#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/sparse_values.hpp"

/// DeltaEncoding::Top: the largest values alone, by the gaps between their places.
namespace skerry::wire {

inline constexpr std::size_t kGapBytesMax = 5;

/// The most that are written of so many values.
[[nodiscard]] std::size_t top_count_max(std::size_t values);

/// The `count` largest by magnitude, in order; of equal ones the first. `count`: 1 … values.size(), all finite. Time:
/// one pass, since a sample says below what nothing is looked at.
[[nodiscard]] std::vector<std::uint32_t> places_of_largest(std::span<const float> values, std::size_t count);

/// u32 count | for each the values left out before it, 7 bits a byte, the lowest first | exponent | binary16 of each.
void put_top(ByteWriter& to, std::span<const float> values, std::uint32_t top_ppm);

/// Of `size` values, from anybody; their places are counted from `first`. No: put_top writes no such.
[[nodiscard]] bool get_top(ByteReader& from, std::size_t size, std::uint32_t first, SparseValues& to);

}  // namespace skerry::wire
