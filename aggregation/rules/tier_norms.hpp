#pragma once

#include <array>
#include <span>
#include <vector>

#include "aggregation/rules/gram.hpp"
#include "aggregation/rules/sections.hpp"

namespace skerry::aggregation {

/// The L2 norm of an update's increments to what each tier adds, the statistics left out; 0 where it does not reach.
using TierNorms = std::array<double, kTiers>;

/// Finds them as the values come. A section's squares are summed block by block (gram.hpp), so that the pieces in which
/// values come decide no byte.
class TierNormSums {
public:
    /// sections_of() the layout.
    explicit TierNormSums(std::vector<Section> sections) : sections_(std::move(sections)) {}

    /// The next values of the layout, from its start.
    void take(std::span<const float> values);
    /// All of them.
    void take(const SparseValues& values);
    /// Of what has come: whole sections.
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
