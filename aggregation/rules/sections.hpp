#pragma once

#include <cstddef>
#include <vector>

#include "aggregation/accumulator.hpp"

namespace skerry::aggregation {

/// A part of the layout that the same updates cover: [first, last).
struct Section {
    std::size_t first = 0;
    std::size_t last = 0;
    Tier tier = Tier::Light;  ///< the smallest whose updates cover it
    bool statistics = false;  ///< the normaliser's moments: whole values, no increments

    bool operator==(const Section&) const = default;
};

/// The moments, light's weights, what medium adds, what heavy adds; without those that are empty.
[[nodiscard]] std::vector<Section> sections_of(const TierSizes& sizes, std::size_t statistics);

/// A piece of a section: [first, last), beginning at a multiple of `step` from the section's start.
struct Piece {
    std::size_t section = 0;  ///< index
    std::size_t first = 0;
    std::size_t last = 0;

    bool operator==(const Piece&) const = default;
};

/// Cuts those sections whose `wanted` is set into windows of at most `values_max` values, in order; a window takes its
/// pieces from as many sections as fit. `values_max` ≥ `step`.
[[nodiscard]] std::vector<std::vector<Piece>> windows_of(const std::vector<Section>& sections,
                                                         const std::vector<bool>& wanted, std::size_t values_max,
                                                         std::size_t step);

}  // namespace skerry::aggregation
