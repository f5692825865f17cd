#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge-node/fusion/product_of_experts.hpp"
#include "edge-node/fusion/remembered_opinions.hpp"

namespace skerry::node {

/// The experts of one combination of models, over time. Every expert that has something to look at is asked for its
/// light exit; while the fused answer is not good enough, one more of those that would like to look closer does. One
/// thread at a time.
class Fusion {
public:
    /// `good_below`: a fused answer whose score, 1 − margin, is below it is good enough. `remembered` may be shared.
    Fusion(std::size_t experts, float good_below, std::shared_ptr<RememberedOpinions> remembered)
        : experts_(experts),
          good_below_(good_below),
          remembered_(std::move(remembered)),
          number_(remembered_->new_asker()) {}

    [[nodiscard]] ExitReading fused(const ExpertOpinions& opinions) const { return experts_.fused(opinions); }

    /// The expert to be asked deeper: of those for whom `would` holds the one with the greatest weight. Nothing: the
    /// answer is good enough, or nobody would.
    [[nodiscard]] std::optional<std::size_t> next(const ExpertOpinions& opinions, const std::vector<bool>& would) const;

    /// What was said under this id, until its label comes or newer ones need its place; the newest counts.
    void remember(std::string id, ExpertOpinions opinions) {
        remembered_->put(number_, std::move(id), std::move(opinions));
    }
    /// An accepted label. False: nothing is remembered of this id.
    bool learn(std::string_view id, std::uint32_t label);

    [[nodiscard]] std::span<const double> weights() const { return experts_.weights(); }

private:
    ProductOfExperts experts_;
    float good_below_;
    std::shared_ptr<RememberedOpinions> remembered_;
    std::uint64_t number_;  ///< among those that share it
};

}  // namespace skerry::node
