#include "edge-node/learning/drift_monitor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace skerry::node {
namespace {

constexpr double kMemory = 0.1;           // share of the newest batch in the running mean and variance
constexpr double kDeviationFloor = 0.03;  // of the mean: a quiet stream must not make every ripple an alarm
constexpr double kStartDeviation = 0.5;   // of the first batch's loss: nothing is known yet
constexpr double kClip = 4;               // deviations: one wild batch moves the mean no further

}  // namespace

DriftMonitor::DriftMonitor(const LearningConfig& config)
    : z_max_(config.drift_loss_z),
      cooldown_triggers_(config.drift_cooldown_triggers),
      react_triggers_(config.react_triggers),
      confidence_(config.drift_confidence),
      adwin_(config.drift_confidence) {}

DriftMonitor::Finding DriftMonitor::observe(double mean_loss, const std::vector<bool>& errors) {
    Finding finding;
    finding.before = adwin_.mean();
    for (const bool error : errors)
        adwin_.add(error);
    const feedback::Adwin::Verdict verdict = adwin_.check();

    if (!started_) {
        started_ = true;
        mean_ = mean_loss;
        variance_ = std::pow(kStartDeviation * mean_loss, 2);
    }
    const double deviation = std::sqrt(variance_);
    finding.loss_z = deviation > 0 ? (mean_loss - mean_) / deviation : 0;
    const double gap = std::clamp(mean_loss - mean_, -kClip * deviation, kClip * deviation);
    mean_ += kMemory * gap;
    variance_ = std::max((1 - kMemory) * variance_ + kMemory * gap * gap, std::pow(kDeviationFloor * mean_, 2));

    char text[128] = "no drift";
    if (verdict.changed && verdict.rose) {
        finding.drift = true;
        finding.after = adwin_.mean();
        std::snprintf(text, sizeof text, "drift: errors rose to %.0f %% (ADWIN, last %llu)", 100 * adwin_.mean(),
                      static_cast<unsigned long long>(adwin_.size()));
    } else if (finding.loss_z > z_max_ && cooldown_ == 0) {
        finding.drift = true;
        finding.detector = DriftDetector::Loss;
        finding.after = static_cast<double>(std::count(errors.begin(), errors.end(), true)) /
                        static_cast<double>(std::max<std::size_t>(errors.size(), 1));
        std::snprintf(text, sizeof text, "drift: loss %.2f is %.1f deviations above its mean", mean_loss,
                      finding.loss_z);
    }
    finding.sentence = text;
    if (finding.drift) {
        cooldown_ = cooldown_triggers_;
        react_ = react_triggers_;
    }
    return finding;
}

void DriftMonitor::end_trigger() {
    if (cooldown_ > 0) --cooldown_;
    if (react_ > 0) --react_;
}

void DriftMonitor::save(ByteWriter& to) const {
    adwin_.save(to);
    to.put(static_cast<std::uint8_t>(started_ ? 1 : 0)).put(mean_).put(variance_);
    to.put(cooldown_).put(react_).put(drifted_at_);
}

Result<> DriftMonitor::load(ByteReader& from) {
    adwin_ = SKERRY_TRY(feedback::Adwin::load(from, confidence_));
    started_ = from.get<std::uint8_t>() == 1;
    mean_ = from.get<double>();
    variance_ = from.get<double>();
    cooldown_ = std::min(from.get<std::uint64_t>(), cooldown_triggers_);
    react_ = std::min(from.get<std::uint64_t>(), react_triggers_);
    drifted_at_ = from.get<std::uint64_t>();
    if (!from.ok() || !std::isfinite(mean_) || !std::isfinite(variance_) || variance_ < 0) {
        return fail(ErrorCode::InvalidInput, "the saved state of the drift monitor is damaged");
    }
    return {};
}

}  // namespace skerry::node
