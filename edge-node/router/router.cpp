#include "edge-node/router/router.hpp"

#include <utility>

namespace skerry::node {

std::vector<std::string> RouterConfig::problems() const {
    if (light_below > 0 && light_below < medium_below && medium_below < 1) return {};
    return {"the router's thresholds must rise: 0 < light_below < medium_below < 1"};
}

Router::Router(RouterConfig config, ScoreMap light, ScoreMap medium, Temperatures temperatures)
    : config_(config), maps_{std::move(light), std::move(medium), ScoreMap()}, temperatures_(temperatures) {}

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
