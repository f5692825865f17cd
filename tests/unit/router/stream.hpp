#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common/base/random.hpp"
#include "edge-node/router/router_tuner.hpp"

namespace skerry::node::testing {

inline constexpr TierCosts kCosts = {0.1, 0.3, 1};

inline RouterConfig config_of(RouterMode mode) {
    RouterConfig config;
    config.mode = mode;
    return config;
}

/// What the exits of a network say of one request, as logits of two classes; heavy always says class 0.
inline RouterTuner::Logits reading(double logit_of_light, bool light_differs, double logit_of_medium,
                                   bool medium_differs) {
    // Of two classes the margin is tanh(z/2), so u = 1 − margin lies at this distance of the logits.
    const auto logits = [](double logit_u, bool differs) {
        const double u = from_logit(logit_u);
        const auto distance = static_cast<float>(2 * std::atanh(1 - u));
        return differs ? std::vector<float>{0, distance} : std::vector<float>{distance, 0};
    };
    return {logits(logit_of_light, light_differs), logits(logit_of_medium, medium_differs), std::vector<float>{9, 0}};
}

/// Seeded requests to a network whose light exit is mostly certain, and differs from heavy the more often the less
/// certain it is. `hard`: half of them are of a kind on which it is as certain and six times as often wrong.
class Stream {
public:
    explicit Stream(std::uint64_t seed) : random_(seed) {}

    RouterTuner::Logits next(bool hard) {
        const double light = -4 + 2.5 * random_.bell();
        const double medium = light - 0.5 + 0.8 * random_.bell();
        const double more = hard && random_.uniform() < 0.5 ? 6 : 1;
        const bool light_differs = random_.uniform() < std::min(1.0, more * 0.3 * from_logit(1.6 * light + 1));
        const double medium_alone = std::min(1.0, more * 0.05 * from_logit(1.6 * medium + 1));
        const bool medium_differs = random_.uniform() < (light_differs ? 0.3 : medium_alone);
        return reading(light, light_differs, medium, medium_differs);
    }

private:
    Random random_;
};

/// Routes one sample as the serving side does.
inline RouterTuner::Routed routed_by(const Router& router, const RouterTuner::Logits& logits) {
    RouterTuner::Routed routed;
    for (std::optional<Tier> next = Tier::Light; next;) {
        routed.answered = *next;
        const auto exit = static_cast<std::size_t>(*next);
        const ExitReading reading = router.read(*next, *logits[exit]);
        routed.glances[exit] = {reading.predicted, reading.margin};
        next = router.next(*next, router.score(*next, reading.margin), Tier::Heavy);
    }
    return routed;
}

/// What became of a stretch of requests.
struct Tally {
    std::array<double, kTiers> answered{};
    double requests = 0;
    double lost = 0;
    double audited_lost = 0;  ///< as the audits estimate it: Σ ℓ/p
    double microseconds = 0;

    [[nodiscard]] double disagreement() const { return lost / requests; }
    [[nodiscard]] double audited_disagreement() const { return audited_lost / requests; }
    [[nodiscard]] double share(Tier tier) const { return answered[static_cast<std::size_t>(tier)] / requests; }
};

inline constexpr std::array<double, kTiers> kMicroseconds = {20, 60, 200};

/// One request through router and tuner; its audit, where it gets one, ends at once.
inline void serve(RouterTuner& tuner, const RouterTuner::Logits& logits, Tally& tally) {
    const std::shared_ptr<const Router> router = tuner.router();
    RouterTuner::Routed routed = routed_by(*router, logits);
    const auto tier = static_cast<std::size_t>(routed.answered);
    routed.time = std::chrono::nanoseconds(static_cast<std::int64_t>(1000 * kMicroseconds[tier]));
    tally.requests += 1;
    tally.answered[tier] += 1;
    tally.microseconds += kMicroseconds[tier];
    const bool lost = routed.glances[tier]->predicted != 0;
    tally.lost += lost ? 1 : 0;
    if (const auto weight = tuner.answered(routed)) {
        tally.audited_lost += lost ? *weight : 0;
        tuner.audited(logits, routed.answered, *weight);
    }
}

}  // namespace skerry::node::testing
