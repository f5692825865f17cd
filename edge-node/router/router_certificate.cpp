#include "edge-node/router/router_certificate.hpp"

#include <algorithm>

#include "edge-node/router/router_tuner.hpp"

namespace skerry::node {

RouterCertificate::Verdict RouterCertificate::accuracy() const {
    if (accuracy_retention == 0 || audits_kept == 0) return Verdict::Open;
    if (disagreement.interval.high <= disagreement_target) return Verdict::Kept;
    // More answers differ than may; labels may still show that these cost nothing.
    return disagreement.interval.low > disagreement_target ? Verdict::Missed : Verdict::Open;
}

RouterCertificate::Verdict RouterCertificate::latency() const {
    const bool any = latency_mean_target.count() > 0 || latency_p95_target.count() > 0;
    if (!any || latency_mean.count() == 0) return Verdict::Open;
    const bool mean_kept = latency_mean_target.count() == 0 || latency_mean <= latency_mean_target;
    const bool p95_kept = latency_p95_target.count() == 0 || late_share <= 0.05;
    return mean_kept && p95_kept ? Verdict::Kept : Verdict::Missed;
}

double RouterCertificate::retained_at_least() const {
    return std::max(0.0, 1 - disagreement.interval.high / heavy_accuracy.value_or(kAccuracyAssumed));
}

}  // namespace skerry::node
