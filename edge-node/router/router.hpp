#pragma once

#include <array>
#include <optional>
#include <span>

#include "common/base/ids.hpp"
#include "edge-node/router/exit_reading.hpp"
#include "edge-node/router/knots.hpp"
#include "edge-node/router/router_config.hpp"
#include "edge-node/router/score_map.hpp"

namespace skerry::node {

/// Decides after each exit whether it answers or which exit is read next:
///
///     light: s < 0.3 answers · s < 0.7 medium next · else heavy next, without reading medium's head
///     medium: s < 0.7 answers · else heavy next          heavy: answers
///
/// No exit deeper than `deepest` is ever asked for: a node that holds a prefix answers with the deepest that it holds.
/// Immutable.
class Router {
public:
    /// One number a tier, above 0: divides that exit's logits before the softmax.
    using Temperatures = std::array<float, kTiers>;

    explicit Router(RouterConfig config = {}, ScoreMap light = {}, ScoreMap medium = {},
                    Temperatures temperatures = {1, 1, 1});
    /// Whose maps reach the configured thresholds at these knots.
    [[nodiscard]] static Router at(const RouterConfig& config, const Knots& knots, Temperatures temperatures);

    /// What the exit says at its temperature.
    [[nodiscard]] ExitReading read(Tier exit, std::span<const float> logits) const;

    /// The complexity score of a margin p₁ − p₂ at this exit, 0 obvious … 1 a tie. The heavy exit's is 1 − margin.
    [[nodiscard]] float score(Tier exit, float margin) const;
    /// The exit to read next; nothing: this exit answers.
    [[nodiscard]] std::optional<Tier> next(Tier exit, float score, Tier deepest) const;

private:
    RouterConfig config_;
    std::array<ScoreMap, kTiers> maps_;
    Temperatures temperatures_;
};

}  // namespace skerry::node
