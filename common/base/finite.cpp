#include "common/base/finite.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace skerry {

// By bits: those of magnitudes are in the order of the values, and what is no number lies behind infinity. Compared as
// signed numbers, which SSE2 can; of a maximum it has none.
bool all_finite(std::span<const float> values) {
    constexpr auto kInfinity = std::bit_cast<std::int32_t>(std::numeric_limits<float>::infinity());
    std::int32_t wrong = 0;
    for (const float value : values)
        wrong |= (std::bit_cast<std::int32_t>(value) & 0x7FFFFFFF) >= kInfinity ? 1 : 0;
    return wrong == 0;
}

}  // namespace skerry
