#pragma once

#include <array>
#include <cstdint>

#include "common/parameters/model_spec.hpp"

namespace skerry::parameters {

/// Multiplications with an addition that one sample takes, exact and the same on every machine: what arithmetic there
/// is to do, whatever does it. Padding counts as values.
struct MultiplyAdds {
    std::array<std::uint64_t, kTiers> stage{};
    std::array<std::uint64_t, kTiers> head{};

    /// From the input to the logits of that exit, with the heads before it.
    [[nodiscard]] std::uint64_t up_to(Tier exit) const {
        std::uint64_t sum = 0;
        for (std::size_t tier = 0; tier <= static_cast<std::size_t>(exit); ++tier)
            sum += stage[tier] + head[tier];
        return sum;
    }
};

/// `spec` has no problems().
[[nodiscard]] MultiplyAdds multiply_adds(const ModelSpec& spec);

}  // namespace skerry::parameters
