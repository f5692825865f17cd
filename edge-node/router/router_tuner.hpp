#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "edge-node/router/audit_plan.hpp"
#include "edge-node/router/online_correction.hpp"
#include "edge-node/router/path_profile.hpp"
#include "edge-node/router/price_of_time.hpp"
#include "edge-node/router/rank_quantiles.hpp"
#include "edge-node/router/router_certificate.hpp"
#include "edge-node/router/temperatures.hpp"

namespace skerry::node {

/// Audits, the node's and the fleet's, before mode "auto" trusts them.
inline constexpr std::uint64_t kAuditsForRisk = 300;
/// Heavy's accuracy where no label has told it yet: lower than most, so that the target it gives is strict.
inline constexpr double kAccuracyAssumed = 0.8;

/// Sets the knots of the score maps from what a node's own answers show, and keeps the evidence.
///
///     identity   M(u) = u
///     rank       quantiles of the traffic
///     risk       position on the path = CRC on the audits (accuracy_retention) + θ, or argmin of risk + μ·cost
///                (latency); both given: the larger of the two, so that latency binds, unless it is told to yield
///
/// Deterministic: no clock, threads or weights. Events go in; routers, which are immutable, come out. Not thread-safe.
class RouterTuner {
public:
    /// `seed`: of the dice that choose audits.
    RouterTuner(const RouterConfig& config, const TierCosts& costs, std::uint64_t seed);

    /// The router for requests from now on, by what was seen so far: the same one as long as it would hardly route
    /// otherwise. For a few times a second.
    [[nodiscard]] const std::shared_ptr<const Router>& router();

    /// One sample that the router alone has routed on a node that holds heavy.
    struct Routed {
        Tier answered = Tier::Light;
        std::array<std::optional<ExitGlance>, kTiers> glances{};  ///< of the exits read
        std::chrono::nanoseconds time{0};                         ///< from arrival to answer
    };
    /// 1/p where all its exits shall be read, at the weights that answered it; then audited() or audit_dropped()
    /// follows. Nothing: no audit, or it was one for free.
    [[nodiscard]] std::optional<double> answered(const Routed& routed);

    /// What all exits say of a sample that answered() chose. A shape of another model is ignored.
    using Logits = std::array<std::optional<std::vector<float>>, kTiers>;
    void audited(const Logits& logits, Tier answered, double weight);
    void audit_dropped();

    /// Readings of newly labelled samples: shape [rows, kTiers, classes]. They set temperatures and heavy's accuracy.
    void labelled(std::span<const float> logits, std::span<const std::uint32_t> labels, std::size_t classes);

    /// A step of the node's own, or a version of the fleet: older audits count less, θ stays. After a version there
    /// are more audits for a while.
    enum class NewWeights { Step, Version };
    void weights_changed(NewWeights what);

    /// What the fleet's audits have shown, this node's among them; see kPriorAudits.
    void fleet_knows(const AuditHistogram& histogram);

    /// While it is so, there are more audits.
    void fleet_drifts(bool drifts) { plan_.fleet_drifts(drifts); }

    /// What this node's audits have shown, for the fleet.
    [[nodiscard]] AuditHistogram histogram() const { return AuditHistogram::of(window_.audits()); }
    [[nodiscard]] RouterCertificate certificate() const;

private:
    void record(const Audit& audit);
    void calibrate();
    void fit_temperatures();
    [[nodiscard]] double tolerated() const;
    [[nodiscard]] RouterMode mode_now() const;
    [[nodiscard]] Knots wanted() const;
    [[nodiscard]] double position() const;
    [[nodiscard]] bool latency_binds() const;
    [[nodiscard]] bool corrects() const;

    RouterConfig config_;
    TierCosts costs_;
    Knots base_;
    Knots knots_;  ///< of router_
    Router::Temperatures temperatures_{1, 1, 1};
    std::shared_ptr<const Router> router_;

    AuditPlan plan_;
    AuditWindow window_;
    std::optional<AuditHistogram> fleet_;
    PathProfile profile_;
    std::optional<double> calibrated_;  ///< position by conformal risk control; nothing: it proves none
    std::uint64_t calibrate_at_ = 0;    ///< audits recorded by then
    OnlineCorrection correction_;
    PriceOfTime price_;
    RankQuantiles ranks_;
    LabelledReadings readings_;
    std::uint64_t fit_at_;  ///< readings seen by then

    std::array<double, kTiers> shares_{};  ///< fading counts
    double mean_nanoseconds_ = 0;
    double late_share_ = 0;
    std::uint64_t free_ = 0, idle_ = 0, dropped_ = 0;
};

}  // namespace skerry::node
