#pragma once

#include <span>
#include <vector>

#include "aggregation/rules/gram.hpp"
#include "aggregation/rules/sections.hpp"

namespace skerry::aggregation {

/// Finds TierNorms as the values come. A section's squares are summed block by block (gram.hpp), so that the pieces in
/// which values come decide no byte.
class TierNormSums {
public:
    /// sections_of() the layout.
    explicit TierNormSums(std::vector<Section> sections) : sections_(std::move(sections)) {}

    /// The next values of the layout, from its start.
    void take(std::span<const float> values);
    /// All of them.
    void take(const SparseValues& values);
    /// After the last value of an update, which ends a section.
    [[nodiscard]] TierNorms norms() const;

private:
    void add(std::span<const float> block);

    std::vector<Section> sections_;
    std::size_t section_ = 0;  ///< that the next value is in
    std::size_t taken_ = 0;
    std::array<float, kGramBlock> block_{};  ///< that is not whole yet
    std::size_t in_block_ = 0;
    TierNorms squares_{};
};

}  // namespace skerry::aggregation
