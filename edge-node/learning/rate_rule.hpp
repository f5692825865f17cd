#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge-node/learning/elastic_rate.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node {

[[nodiscard]] std::string_view name_of(RateRule rule);
[[nodiscard]] Optimiser optimiser_of(RateRule rule);
/// η₀ where the configuration gives none.
[[nodiscard]] float usual_rate(RateRule rule);

/// The factor e by which a node's η₀ is multiplied, by the rule that its configuration chose:
///
///   elastic        by hindsight (elastic_rate.hpp)
///   fixed          e = 1
///   decayed        e = (1 + t/τ)^−½ at the t-th trigger. Zinkevich 2003
///   adagrad        e = 1; each weight has a rate of its own
///   cocob          no rate at all; e says nothing
///   hypergradient  what the last step made of it, within the elastic bounds. Baydin et al. 2018
class LearningRate {
public:
    explicit LearningRate(const LearningConfig& config);

    /// Whether judge() is wanted before a step: two forward passes.
    [[nodiscard]] bool looks_back() const { return rule_ == RateRule::Elastic; }
    std::string judge(const ElasticRate::Probe& probe) { return elastic_.judge(probe); }
    /// For the rules that do not look back: moves e to what it is at this trigger, and says why in one clause.
    std::string at_trigger(std::uint64_t trigger);

    /// Only the elastic rate answers to drift.
    void on_drift();
    /// A step was dropped: e halves, where it moves at all.
    void on_reject();
    /// A step was taken, and ended with this rate: e of the hypergradient rule.
    void on_step(float learning_rate);

    /// Between which η stays, where it moves.
    [[nodiscard]] std::array<float, 2> bounds() const;
    /// η of the next step; 0 where there is none.
    [[nodiscard]] double learning_rate() const;
    [[nodiscard]] double value() const { return moves() ? elastic_.value() : factor_; }
    /// What a checkpoint kept, brought within the bounds.
    void restore(double value) { elastic_.restore(value); }
    void save_fit(ByteWriter& to) const { elastic_.save_fit(to); }
    void load_fit(ByteReader& from) { elastic_.load_fit(from); }
    void end_first_fit() { elastic_.end_first_fit(); }

private:
    [[nodiscard]] bool moves() const { return rule_ == RateRule::Elastic || rule_ == RateRule::Hypergradient; }

    RateRule rule_;
    double base_;
    double decay_triggers_;
    double factor_ = 1;    ///< e of a rule that nothing but the number of triggers moves
    ElasticRate elastic_;  ///< e of the others, within its bounds
};

}  // namespace skerry::node
