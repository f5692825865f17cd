#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::node {

/// How the score maps get their knots.
enum class RouterMode {
    Auto,      ///< identity until enough audits exist, then risk
    Identity,  ///< M(u) = u
    Rank,      ///< 30 / 40 / 30 % of the traffic: a fixed budget
    Risk,      ///< by audits, towards the targets
};
/// "auto", "identity", "rank", "risk"
[[nodiscard]] std::string_view name_of(RouterMode mode);

/// Which target is given up where both cannot be met.
enum class RouterYields { Accuracy, Latency };

struct RouterConfig {
    /// Below it the light exit answers. Raising it saves time and costs accuracy.
    float light_below = 0.3F;
    /// Below it the medium exit answers; a light score at or above it skips the medium exit altogether.
    float medium_below = 0.7F;

    RouterMode mode = RouterMode::Auto;
    /// The share of heavy's accuracy that routed answers keep. 0: no such target.
    double accuracy_retention = 0.99;
    /// From a request's arrival to its answer, waiting included. 0: no such target.
    std::chrono::microseconds latency_mean{0};
    std::chrono::microseconds latency_p95{0};
    RouterYields yields = RouterYields::Accuracy;
    /// Early exits whose other exits are read as well, in idle time, of all early exits. More find a change of the
    /// world sooner and cost as much of heavy's time. 0: only requests that reach heavy audit the exits before it.
    double audit_share = 0.05;

    [[nodiscard]] bool has_latency_target() const { return latency_mean.count() > 0 || latency_p95.count() > 0; }

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

}  // namespace skerry::node
