#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edge-node/fusion/product_of_experts.hpp"

namespace skerry::node {

/// The experts of one combination of models, over time. Every expert that has something to look at is asked for its
/// light exit; while the fused answer is not good enough, one more of those that would like to look closer does. One
/// thread at a time.
class Fusion {
public:
    static constexpr std::size_t kRememberedMax = 1024;

    /// `good_below`: a fused answer whose score, 1 − margin, is below it is good enough.
    Fusion(std::size_t experts, float good_below) : experts_(experts), good_below_(good_below) {}

    [[nodiscard]] ExitReading fused(const ExpertOpinions& opinions) const { return experts_.fused(opinions); }

    /// The expert to be asked deeper: of those for whom `would` holds the one with the greatest weight. Nothing: the
    /// answer is good enough, or nobody would.
    [[nodiscard]] std::optional<std::size_t> next(const ExpertOpinions& opinions, const std::vector<bool>& would) const;

    /// What was said under this id, until its label comes or kRememberedMax newer ones have; the newest counts.
    void remember(std::string id, ExpertOpinions opinions);
    /// An accepted label. False: nothing is remembered of this id.
    bool learn(std::string_view id, std::uint32_t label);

    [[nodiscard]] std::span<const double> weights() const { return experts_.weights(); }

private:
    ProductOfExperts experts_;
    float good_below_;
    struct Said {
        ExpertOpinions opinions;
        std::uint64_t number = 0;  ///< of all that was remembered
    };
    std::unordered_map<std::string, Said> said_;
    std::deque<std::pair<std::string, std::uint64_t>> order_;  ///< ids and numbers, oldest first; some are gone
    std::uint64_t numbered_ = 0;
};

}  // namespace skerry::node
