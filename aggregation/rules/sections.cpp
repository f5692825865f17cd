#include "aggregation/rules/sections.hpp"

#include <algorithm>

namespace skerry::aggregation {

std::vector<Section> sections_of(const TierSizes& sizes, std::size_t statistics) {
    SKERRY_ASSERT(statistics <= sizes.front() && std::is_sorted(sizes.begin(), sizes.end()));
    std::vector<Section> sections;
    if (statistics > 0) sections.push_back({0, statistics, Tier::Light, true});
    std::size_t first = statistics;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        if (sizes[tier] > first) sections.push_back({first, sizes[tier], static_cast<Tier>(tier), false});
        first = sizes[tier];
    }
    return sections;
}

std::vector<std::vector<Piece>> windows_of(const std::vector<Section>& sections, const std::vector<bool>& wanted,
                                           std::size_t values_max, std::size_t step) {
    SKERRY_ASSERT(values_max >= step && step > 0);
    std::vector<std::vector<Piece>> windows;
    std::size_t room = 0;
    for (std::size_t s = 0; s < sections.size(); ++s) {
        if (!wanted[s]) continue;
        for (std::size_t first = sections[s].first; first < sections[s].last;) {
            const std::size_t rest = sections[s].last - first;
            if (rest > room && room < step) {
                windows.emplace_back();
                room = values_max;
            }
            const std::size_t count = std::min(rest, rest > room ? room / step * step : room);
            windows.back().push_back({s, first, first + count});
            first += count;
            room -= count;
        }
    }
    return windows;
}

}  // namespace skerry::aggregation
