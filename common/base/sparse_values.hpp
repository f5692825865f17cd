#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace skerry {

/// A long vector of which most values are 0. What is summed of it in order, zeroes left out, is to the last bit what
/// the whole vector gives.
struct SparseValues {
    std::size_t size = 0;               ///< of the whole
    std::vector<std::uint32_t> places;  ///< ascending, below `size`; the values elsewhere are 0
    std::vector<float> values;          ///< as many as `places`; some may be 0, too

    [[nodiscard]] std::size_t bytes() const { return values.size() * (sizeof(std::uint32_t) + sizeof(float)); }

    /// Of `places` and `values` those within [first, last).
    struct Part {
        std::span<const std::uint32_t> places;
        std::span<const float> values;
    };
    [[nodiscard]] Part part(std::size_t first, std::size_t last) const {
        const auto begin = std::lower_bound(places.begin(), places.end(), first);
        const auto end = std::lower_bound(begin, places.end(), last);
        const auto at = static_cast<std::size_t>(begin - places.begin());
        const auto count = static_cast<std::size_t>(end - begin);
        return {std::span(places).subspan(at, count), std::span(values).subspan(at, count)};
    }
    /// Values [first, first + out.size()) of the whole.
    void read(std::size_t first, std::span<float> out) const {
        std::fill(out.begin(), out.end(), 0.0F);
        const Part within = part(first, first + out.size());
        for (std::size_t i = 0; i < within.places.size(); ++i)
            out[within.places[i] - first] = within.values[i];
    }
};

}  // namespace skerry
