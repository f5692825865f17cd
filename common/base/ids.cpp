#include "common/base/ids.hpp"

#include <array>

namespace skerry {

namespace {
constexpr std::array<std::string_view, kTiers> kTierNames = {"light", "medium", "heavy"};
}  // namespace

std::string_view name_of(Tier tier) {
    return kTierNames.at(static_cast<std::size_t>(tier));
}

Result<Tier> tier_named(std::string_view name) {
    for (std::size_t i = 0; i < kTiers; ++i) {
        if (kTierNames[i] == name) return static_cast<Tier>(i);
    }
    return fail(ErrorCode::InvalidInput, "no tier '" + std::string(name) + "': use light, medium or heavy");
}

}  // namespace skerry
