#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/drift_alarm.hpp"
#include "edge-node/learning/learning_config.hpp"
#include "feedback/drift/adwin.hpp"

namespace skerry::node {

/// Decides whether the world has changed: ADWIN on error bits, or a loss far above its running mean. Counts how long
/// to react. Measured on batches of 100: no false alarm in 1500, a jump of 30 points is seen in the first batch.
class DriftMonitor {
public:
    explicit DriftMonitor(const LearningConfig& config);

    struct Finding {
        bool drift = false;
        double loss_z = 0;                              ///< of this batch's mean loss
        DriftDetector detector = DriftDetector::Adwin;  ///< that saw it
        double before = 0, after = 0;                   ///< where there is drift: the error rate's way
        std::string sentence;  ///< "no drift", "drift: errors rose to 31 % (ADWIN)", "drift: loss 6.1 deviations up"
    };
    /// One trigger: its mean loss and its error bits in the order of prediction, all of the weights before it.
    Finding observe(double mean_loss, const std::vector<bool>& errors);

    /// This trigger runs more passes, and does not hold on to what it answered before.
    [[nodiscard]] bool reacting() const { return react_ > 0; }
    /// From now on, as after an alarm: a model that knows nothing yet has a new world before it too.
    void react() { react_ = react_triggers_; }
    /// Ends this trigger: the counters move on.
    void end_trigger();
    /// Trigger number of the last drift; 0: never.
    [[nodiscard]] std::uint64_t drifted_at() const { return drifted_at_; }
    void note_drift_at(std::uint64_t trigger) { drifted_at_ = trigger; }
    [[nodiscard]] const feedback::Adwin& window() const { return adwin_; }

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    double z_max_;
    std::uint64_t cooldown_triggers_;
    std::uint64_t react_triggers_;
    double confidence_;
    feedback::Adwin adwin_;
    bool started_ = false;
    double mean_ = 0;      ///< m, of the batches' mean losses
    double variance_ = 0;  ///< s²
    std::uint64_t cooldown_ = 0;
    std::uint64_t react_ = 0;
    std::uint64_t drifted_at_ = 0;
};

}  // namespace skerry::node
