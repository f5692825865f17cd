#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "edge-node/router/audit_window.hpp"
#include "edge-node/router/router.hpp"

namespace skerry::node {

/// What a router does, and what the evidence for it is, as plain values of one moment.
struct RouterCertificate {
    RouterMode configured = RouterMode::Auto;
    RouterMode mode = RouterMode::Identity;  ///< in effect
    Knots knots;
    double theta = 0;             ///< of the online correction
    std::optional<double> price;  ///< of time; nothing: no latency target
    Router::Temperatures temperatures{1, 1, 1};
    std::array<double, kTiers> share{};  ///< of the last thousands of answers

    /// Audited: how often an answer was not heavy's. An upper bound of the accuracy lost.
    AuditWindow::Disagreement disagreement;
    std::uint64_t audits_free = 0;              ///< requests that reached heavy
    std::uint64_t audits_idle = 0;              ///< early exits
    std::uint64_t audits_dropped = 0;           ///< that found no idle time
    std::size_t audits_kept = 0;                ///< those that the numbers here are from
    double audits_effective = 0;                ///< as many equally weighted ones say as much
    std::uint64_t audits_fleet = 0;             ///< of the fleet, by the coordinator
    std::optional<double> gate_auroc;           ///< does light's margin tell that light differs from heavy?
    std::optional<double> gate_auroc_labelled;  ///< … that light is wrong and heavy right?
    std::uint64_t labelled = 0;                 ///< readings with labels so far

    double accuracy_retention = 0;                                            ///< the target; 0: none
    double disagreement_target = 0;                                           ///< ε, which keeps it
    std::optional<double> heavy_accuracy;                                     ///< on the newest labels
    std::chrono::microseconds latency_mean_target{0}, latency_p95_target{0};  ///< 0: none
    std::chrono::nanoseconds latency_mean{0};                                 ///< of the last hundreds of answers
    double late_share = 0;                                                    ///< of them, beyond latency_p95_target

    /// At 95 %: the evidence proves a target kept, proves it missed, or neither yet.
    enum class Verdict { Open, Kept, Missed };
    [[nodiscard]] Verdict accuracy() const;
    [[nodiscard]] Verdict latency() const;
    /// The least share of heavy's accuracy that is kept, by the upper end of the interval.
    [[nodiscard]] double retained_at_least() const;
};

}  // namespace skerry::node
