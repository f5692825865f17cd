#include "edge-node/learning/rate_rule.hpp"

#include <cmath>
#include <cstdio>

#include "edge-node/learning/number_text.hpp"

namespace skerry::node {

std::string_view name_of(RateRule rule) {
    switch (rule) {
        case RateRule::Elastic:
            return "elastic";
        case RateRule::Fixed:
            return "fixed";
        case RateRule::Decayed:
            return "decayed";
        case RateRule::AdaGrad:
            return "adagrad";
        case RateRule::Cocob:
            return "cocob";
        case RateRule::Hypergradient:
            return "hypergradient";
    }
    return "";
}

Optimiser optimiser_of(RateRule rule) {
    if (rule == RateRule::AdaGrad) return Optimiser::AdaGrad;
    return rule == RateRule::Cocob ? Optimiser::Cocob : Optimiser::Adam;
}

float usual_rate(RateRule rule) {
    return rule == RateRule::AdaGrad ? 3e-2F : 3e-3F;
}

LearningRate::LearningRate(const LearningConfig& config)
    : rule_(config.rate_rule),
      base_(double{config.learning_rate > 0 ? config.learning_rate : usual_rate(config.rate_rule)}),
      decay_triggers_(config.decay_triggers),
      elastic_(config) {}

std::string LearningRate::at_trigger(std::uint64_t trigger) {
    switch (rule_) {
        case RateRule::Decayed:
            factor_ = 1 / std::sqrt(1 + static_cast<double>(trigger) / decay_triggers_);
            return number("decayed over %.0f triggers", decay_triggers_);
        case RateRule::Hypergradient:
            return "moved by the hypergradient of the last steps";
        case RateRule::AdaGrad:
            return "adagrad, each weight has its own";
        case RateRule::Cocob:
            return "cocob bets without a rate";
        case RateRule::Elastic:
        case RateRule::Fixed:
            break;
    }
    return "fixed";
}

void LearningRate::on_drift() {
    if (rule_ == RateRule::Elastic) elastic_.on_drift();
}

void LearningRate::on_reject() {
    if (moves()) elastic_.on_reject();
}

void LearningRate::on_step(float learning_rate) {
    if (rule_ == RateRule::Hypergradient) elastic_.restore(double{learning_rate} / base_);
}

std::array<float, 2> LearningRate::bounds() const {
    return {static_cast<float>(base_ * elastic_.least()), static_cast<float>(base_ * elastic_.most())};
}

double LearningRate::learning_rate() const {
    return rule_ == RateRule::Cocob ? 0 : base_ * value();
}

}  // namespace skerry::node
