#include "edge-node/router/router.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace skerry::node {

namespace {

/// As float, with room for two more between it and either end.
float inside(double knot) {
    constexpr double kRoom = 1e-6;
    return static_cast<float>(std::clamp(knot, kRoom, 1 - kRoom));
}

ScoreMap through(std::vector<ScoreMap::Knot> knots) {
    auto map = ScoreMap::through(std::move(knots));
    SKERRY_ASSERT(map.has_value());
    return *std::move(map);
}

}  // namespace

Router::Router(RouterConfig config, ScoreMap light, ScoreMap medium, Temperatures temperatures)
    : config_(config), maps_{std::move(light), std::move(medium), ScoreMap()}, temperatures_(temperatures) {}

Router Router::at(const RouterConfig& config, const Knots& knots, Temperatures temperatures) {
    const float light = inside(knots.light);
    const float skip = std::max(inside(knots.skip), std::nextafter(light, 1.0F));
    return Router(config, through({{light, config.light_below}, {skip, config.medium_below}}),
                  through({{inside(knots.medium), config.medium_below}}), temperatures);
}

ExitReading Router::read(Tier exit, std::span<const float> logits) const {
    return read_exit(logits, temperatures_[static_cast<std::size_t>(exit)]);
}

float Router::score(Tier exit, float margin) const {
    return maps_[static_cast<std::size_t>(exit)](1.0F - margin);
}

std::optional<Tier> Router::next(Tier exit, float score, Tier deepest) const {
    if (exit >= deepest) return std::nullopt;
    if (exit == Tier::Light) {
        if (score < config_.light_below) return std::nullopt;
        return score < config_.medium_below || deepest == Tier::Medium ? Tier::Medium : Tier::Heavy;
    }
    if (score < config_.medium_below) return std::nullopt;
    return Tier::Heavy;
}

}  // namespace skerry::node
