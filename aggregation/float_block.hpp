#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "aggregation/accumulator.hpp"
#include "common/base/limits.hpp"

namespace skerry::aggregation {

/// Values handled at a time: small enough for the first cache, long enough for the vector units.
inline constexpr std::size_t kFloatBlock = 2048;
using FloatBlock = std::array<float, kFloatBlock>;

static_assert(std::endian::native == std::endian::little, "updates and digests are little-endian");

/// The values from `first` on, as many as there are and the block takes; says how many.
inline std::size_t load(DeltaBytes delta, std::size_t first, FloatBlock& block) {
    const std::size_t count = std::min(kFloatBlock, delta.size() / sizeof(float) - first);
    std::memcpy(block.data(), delta.data() + first * sizeof(float), count * sizeof(float));
    return count;
}

/// One comparison of magnitudes as integers: NaN and infinity have larger patterns than any number.
inline bool within_bounds(const FloatBlock& block, std::size_t count) {
    std::uint32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        largest = std::max(largest, std::bit_cast<std::uint32_t>(block[i]) & 0x7fffffffU);
    }
    return largest <= std::bit_cast<std::uint32_t>(limits::kDeltaMax);
}

/// What is said of an update that is not within_bounds().
inline tl::unexpected<Error> fail_bounds() {
    return fail(ErrorCode::InvalidInput, "an update has a value that is not finite or beyond ±" +
                                             std::to_string(static_cast<int>(limits::kDeltaMax)));
}

}  // namespace skerry::aggregation
