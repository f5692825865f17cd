#include "common/base/finite.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace skerry {

// By bits: those of magnitudes are in the order of the values, and what is no number lies behind infinity.
bool all_finite(std::span<const float> values) {
    std::uint32_t largest = 0;
    for (const float value : values)
        largest = std::max(largest, std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU);
    return largest < std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity());
}

}  // namespace skerry
