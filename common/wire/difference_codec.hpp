#pragma once

#include <cstddef>
#include <span>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

/// What turns the weights that a node holds into those of another version, to the last bit (PROTOCOL.md §9). A
/// segment, which is a tensor, is
///
///     u8 shift | for each byte of 32 − shift bits, the lowest first: u32 length | bytes
///     u8 shift + 128 | which values change, a bit each: u32 length | bytes | the same of those that do
///
/// Of a float32 its sign and its magnitude, without the lowest `shift` bits (which no value of the segment has set),
/// make a number in the order of the values; two's-complement differences of these numbers are folded to
/// 0, −1, 1, −2 … → 0, 1, 2, 3 …, and lie byte by byte: all lowest bytes, then all second ones. Such a plane is nothing
/// where all are 0, as it is where that is no longer, else one zstd frame. Weights that were rounded to fp16 or fp8 so
/// cost what their own bits cost, and a round of sparse updates (DeltaEncoding::Top) what it has changed. Segments lie
/// one after the other: those of a lighter tier are a prefix.
namespace skerry::wire {

/// Appends a segment. `base` and `next`: of one length, which is not 0; any bits. The same bytes wherever libzstd is
/// of the same version. Time: 5 to 10 ns a value. Memory: eight bytes a value.
void put_difference(std::span<const float> base, std::span<const float> next, Bytes& to);

/// `values`: the base, and then the other version. `segments`: the length of each, none 0, as many values together.
/// `difference` may be from anybody. InvalidInput: it is none of such segments, does not stand on these values, or a
/// value comes out that is not finite; then `values` are neither. Memory: four bytes for each value of the longest
/// segment, whatever the difference says.
[[nodiscard]] Result<> apply_difference(ByteView difference, std::span<const std::size_t> segments,
                                        std::span<float> values);

}  // namespace skerry::wire
