#pragma once

#include <span>

#include "common/base/bytes.hpp"
#include "common/base/precision.hpp"
#include "common/parameters/layout.hpp"

/// One tensor of the flat vector in another precision. What lies in the bytes, little-endian:
///
///     fp32             float32 × count
///     fp16             binary16 × count; what is beyond ±65,504 becomes that
///     fp8, fp8-e5m2    int8 exponent × channels, then codes × count: value = code's value · 2^exponent
///     int8             float32 scale × channels, then int8 × count: value = code · scale
///
/// Channels are the first dimension of a shape: output channels of a convolution, units of a dense layer. The scale of
/// an FP8 channel is a power of two, the smallest that brings its largest weight into the format: then scaling is exact
/// both ways, so that each weight is rounded exactly once and a decoded tensor encodes to itself again. amax/448 would
/// use the last power of two in full, but a floating format is as precise one binade lower, and it would round twice in
/// each direction. int8 has no binades: there a power of two costs up to a bit, so its scale is amax/127.
namespace skerry::parameters {

/// What encode_tensor writes of this tensor.
[[nodiscard]] std::size_t encoded_bytes(const Block& block, Precision precision);

/// `values`: shape of the block, all finite. `to`: encoded_bytes() long.
void encode_tensor(const Block& block, Precision precision, std::span<const float> values, std::span<std::byte> to);

/// `bytes`: encoded_bytes() long, from anybody. `to`: shape of the block; every value that is written there is finite.
/// InvalidInput: a code or scale that encode_tensor never writes, or a value that is not finite; names the tensor.
[[nodiscard]] Result<> decode_tensor(const Block& block, Precision precision, ByteView bytes, std::span<float> to);

}  // namespace skerry::parameters
