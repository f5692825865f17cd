#pragma once

#include <optional>
#include <vector>

namespace skerry::node {

struct ScoredEvent {
    double score = 0;
    bool happened = false;
    double weight = 1;
};

/// How well a score tells when the event happens: the chance that a random happening scores above a random other one,
/// a tie counting half. 0.5: not at all, 1: always. Nothing: it happened never, or always. Finite scores.
/// Hanley and McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve".
[[nodiscard]] std::optional<double> auroc(std::vector<ScoredEvent> events);

}  // namespace skerry::node
