#pragma once

namespace skerry::node {

/// Where the score maps have their knots: the uncertainty u = 1 − margin at which each map reaches its threshold. An
/// exit answers what lies below its knot. All in (0, 1), light below skip.
struct Knots {
    double light = 0.3;   ///< M₀(light) = light_below
    double skip = 0.7;    ///< M₀(skip) = medium_below: from here on medium's head is not read
    double medium = 0.7;  ///< M₁(medium) = medium_below

    bool operator==(const Knots&) const = default;
};

/// ln(u / (1 − u)), within ±kLogitMax; of what is not a number, as of 1.
[[nodiscard]] double logit(double uncertainty);
[[nodiscard]] double from_logit(double value);
inline constexpr double kLogitMax = 16;

/// The one path that all adaptation moves along: σ(logit λ + position) for each knot. 0 is `base` itself; a larger
/// position saves time and costs agreement with heavy. One monotone path, chosen before any audit is seen, because
/// conformal risk control holds for one monotone parameter only.
[[nodiscard]] Knots at_position(const Knots& base, double position);

}  // namespace skerry::node
