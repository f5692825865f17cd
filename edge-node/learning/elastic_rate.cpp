#include "edge-node/learning/elastic_rate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "edge-node/learning/paired_test.hpp"

namespace skerry::node {
namespace {

// A rate that is far too small shows at once, and clearly: t of 6 to 9 at each of the first triggers, which then move
// it three times as strongly. That it is too large costs less to find out in small steps than to believe too early.
constexpr double kSurest = 9;
constexpr double kFirstFitGain = 3;
constexpr double kFirstFitMost = 2;  // nats in one trigger
// Who knows nothing yet gains from larger steps than are good later.
constexpr double kBegins = 1.5;

std::string clause(const char* what, std::size_t rows, double t) {
    char text[128];
    std::snprintf(text, sizeof text, "%s the last %zu samples better (t=%.1f)", what, rows, t);
    return text;
}

}  // namespace

ElasticRate::ElasticRate(const LearningConfig& config)
    : gain_(config.elastic_gain), return_(config.elastic_return), min_(config.elastic_min), max_(config.elastic_max) {
    restore(config.rate_rule == RateRule::Elastic ? kBegins : 1);
}

std::string ElasticRate::judge(const Probe& probe) {
    const double twice = paired_t(probe.now, probe.twice);
    const double half = paired_t(probe.now, probe.half);
    double push = 0;
    std::string why;
    if (twice > 0 && twice >= half) {
        push = std::min(twice, kSurest) / 2;
        why = clause("twice the step would have predicted", probe.now.size(), twice);
    } else if (half > 1) {
        // One step ahead a smaller step always looks better than it is (Wu et al. 2018): half has to show more.
        push = -std::min(half - 1, 2.0) / 2;
        why = clause("half the step predicted", probe.now.size(), half);
    } else {
        why = clause("neither twice nor half the step predicted", probe.now.size(), std::max(twice, half));
    }
    const double around = first_fit_value_;
    const double moved = first_fit_ && push > 0
                             ? std::max(gain_ * push, std::min(kFirstFitGain * gain_ * push, kFirstFitMost))
                             : gain_ * push;
    restore(around * std::pow(value_ * std::exp(moved) / around, 1 - return_));
    first_fit_ = first_fit_ && push > 0;
    if (first_fit_) first_fit_value_ = std::max(first_fit_value_, value_ / kBegins);
    return why;
}

void ElasticRate::on_drift() {
    value_ = std::max(value_, first_fit_value_);
}

void ElasticRate::on_reject() {
    value_ = std::max(value_ / 2, min_);
}

void ElasticRate::save_fit(ByteWriter& to) const {
    to.put(first_fit_value_).put(static_cast<std::uint8_t>(first_fit_ ? 1 : 0));
}

void ElasticRate::load_fit(ByteReader& from) {
    const auto value = from.get<double>();
    first_fit_value_ = std::isfinite(value) ? std::clamp(value, 1.0, max_) : 1.0;
    first_fit_ = from.get<std::uint8_t>() == 1;
}

void ElasticRate::restore(double value) {
    value_ = std::isfinite(value) ? std::clamp(value, min_, max_) : 1.0;
}

}  // namespace skerry::node
