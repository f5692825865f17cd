#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/base/bytes.hpp"
#include "edge-node/learning/learning_config.hpp"

namespace skerry::node {

/// The factor e of the learning rate, moved by hindsight: would twice, or half, of the last step have predicted the
/// new labelled rows better? Out of sample and paired by row, so noise does not push it; it returns to f by itself,
/// which is 1 or what the first fit made of it. e ← clamp(f·(e·exp(gain·s)/f)^(1−return), min, max), s in [−1, 4.5]:
/// half of the t statistic that twice the step has in its favour, up to 9; or of what half the step has beyond 1, up to
/// 2, and negative.
///
/// e begins at 1.5. Until twice the step is first not better, the model makes its first fit, and e grows three times as
/// fast, up to 7.4 times a trigger. What e has come to then, from 1.5, corrects the base: it is what e returns to from
/// then on, and what a new world begins with. A base that is far too small shows only there; one step ahead a larger
/// step seldom looks better later.
class ElasticRate {
public:
    explicit ElasticRate(const LearningConfig& config);

    /// Per-row losses of the same new rows: at the weights now, with the last step twice as long, and half as long.
    struct Probe {
        std::span<const float> now;
        std::span<const float> twice;
        std::span<const float> half;
    };
    /// Moves e and says why in one clause: "half the step predicted the last 100 samples better (t=2.4)".
    std::string judge(const Probe& probe);
    /// There is no last step to look back on: e stays.
    static std::string nothing_to_judge() { return "no last step to look back on"; }

    /// After drift small steps would be timid: e is at least f. A blind boost harms.
    void on_drift();
    /// A step was dropped: e halves.
    void on_reject();

    [[nodiscard]] double value() const { return value_; }
    [[nodiscard]] double least() const { return min_; }
    [[nodiscard]] double most() const { return max_; }
    /// What a checkpoint kept, brought within the bounds.
    void restore(double value);
    /// f, and whether the first fit goes on.
    void save_fit(ByteWriter& to) const;
    void load_fit(ByteReader& from);
    /// Of a checkpoint that does not say.
    void end_first_fit() { first_fit_ = false; }

private:
    double gain_;
    double return_;
    double min_;
    double max_;
    double value_ = 0;
    double first_fit_value_ = 1;  ///< f
    bool first_fit_ = true;       ///< goes on
};

}  // namespace skerry::node
