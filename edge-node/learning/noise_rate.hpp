#pragma once

#include <cstddef>
#include <span>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::node {

/// The share ρ of labels that are wrong, as far as the model can tell: each label is the truth, which the model gives
/// the probability p, or with probability ρ any other class. ρ follows the mean of what each label then is suspected
/// of, one step of expectation and maximisation a trigger. Northcutt et al. 2021, "Confident Learning", has the idea
/// that a model in training can judge its labels; with ρ near 0 nothing is held against a label that is only
/// surprising.
class NoiseRate {
public:
    /// Below this share a model that is sure is as often wrong itself.
    static constexpr double kHigh = 0.05;

    /// What each label of a trigger is suspected of, before it was learned.
    void observe(std::span<const double> suspicions);
    /// In a changed world, or with other weights, what labels looked like says nothing.
    void begin_anew() { value_ = kStart; }

    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] bool high() const { return value_ > kHigh; }
    /// The probability that a label is wrong to which the model gives `probability`.
    [[nodiscard]] double suspicion(double probability, std::size_t classes) const;

    void save(ByteWriter& to) const { to.put(value_); }
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    static constexpr double kStart = 0.01;
    double value_ = kStart;
};

}  // namespace skerry::node
