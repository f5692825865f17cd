#pragma once

namespace skerry::node {

struct Interval {
    double low = 0;
    double high = 1;
};

/// The two-sided interval of Clopper and Pearson for `successes` of `trials`; both may be fractions. No trials: [0, 1].
/// Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".
[[nodiscard]] Interval clopper_pearson(double successes, double trials, double confidence);

}  // namespace skerry::node
