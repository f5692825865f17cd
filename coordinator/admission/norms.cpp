#include "coordinator/admission/norms.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/admission/robust.hpp"

namespace skerry::coordinator {
namespace {

double score_in(const Spread& known, double value) {
    return (value - known.median) / std::max(known.deviation, kNormSpreadMin);
}

}  // namespace

double robust_score(double value, std::deque<double> known) {
    return score_in(spread_of(std::move(known)), value);
}

std::optional<Norms::Value> Norms::value_of(const ledger::UpdateAccepted& update) {
    // What moves nothing says nothing of how far others move.
    if (!(update.norm > 0) || !std::isfinite(update.norm)) return std::nullopt;
    return Value{update.tier, std::log(update.norm) - 0.5 * std::log(std::max(update.examples, 1U))};
}

void Norms::know(const Value& value) {
    std::deque<double>& known = known_[static_cast<std::size_t>(value.tier)];
    known.push_back(value.log);
    if (known.size() > kWindow) known.pop_front();
}

void Norms::apply(const ledger::UpdateAccepted& event) {
    const auto value = value_of(event);
    const auto node = nodes_.find(event.update.node);
    if (node != nodes_.end() && node->second.quarantined) {
        node->second.held = value;
    } else if (value) {
        know(*value);
    }
}

void Norms::apply(const ledger::UpdateSetAside& event) {
    if (const auto node = nodes_.find(event.update.node); node != nodes_.end()) node->second.held.reset();
}

void Norms::apply(const ledger::NodeQuarantined& event) {
    nodes_[event.node].quarantined = true;
}

void Norms::apply(const ledger::NodeReleased& event) {
    OfNode& node = nodes_[event.node];
    node.quarantined = false;
    if (!node.held) return;
    know(*node.held);
    node.cleared = std::max(node.cleared.value_or(node.held->log), node.held->log);
    node.held.reset();
}

std::optional<Norms::Outlier> Norms::judge(const ledger::UpdateAccepted& update, double score_max) const {
    const auto value = value_of(update);
    if (!value || score_max <= 0) return std::nullopt;
    const std::deque<double>& known = known_[static_cast<std::size_t>(value->tier)];
    if (known.size() < kKnownMin) return std::nullopt;
    const auto node = nodes_.find(update.update.node);
    if (node != nodes_.end() && node->second.cleared && value->log <= *node->second.cleared + std::log(2.0)) {
        return std::nullopt;
    }
    const Spread usual = spread_of(known);
    const double score = score_in(usual, value->log);
    if (score <= score_max) return std::nullopt;
    return Outlier{score, std::exp(value->log - usual.median)};
}

}  // namespace skerry::coordinator
