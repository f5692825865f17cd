#include "edge-node/router/router_tuner.hpp"

#include <algorithm>
#include <cmath>

#include "edge-node/router/auroc.hpp"

namespace skerry::node {
namespace {

constexpr double kSharesHalfLife = 8192;
constexpr double kTimeMemory = 1.0 / 256;
/// Audits made with other weights still say much: a step of the gated learner moves little, a version more.
constexpr float kFadeOfStep = 0.98F;
constexpr float kFadeOfVersion = 0.5F;
/// The correction aims this far below the target: audits see few losses, each for many, so the rate that they keep is
/// off by some tenths either way.
constexpr double kAim = 0.9;
/// As many more audits, or a quarter more, before the position is calculated again.
constexpr std::uint64_t kCalibrateAfter = 50;
constexpr std::uint64_t kReadingsForFit = 100;
constexpr std::uint64_t kReadingsBetweenFits = 200;
/// A temperature or knot that moves less (in its logarithm, or logit) changes no route to speak of.
constexpr float kTemperatureStep = 0.02F;
constexpr double kKnotStep = 0.01;
constexpr double kPositionMin = -10;
constexpr double kPositionMax = 8;

double uncertainty_of(const ExitGlance& glance) {
    const double uncertainty = 1 - static_cast<double>(glance.margin);
    return uncertainty >= 0 && uncertainty <= 1 ? uncertainty : 1;  // also for what is no number
}

bool differ(const Knots& a, const Knots& b) {
    const auto far = [](double one, double other) { return std::abs(logit(one) - logit(other)) > kKnotStep; };
    return far(a.light, b.light) || far(a.skip, b.skip) || far(a.medium, b.medium);
}

std::optional<std::chrono::microseconds> target(std::chrono::microseconds time) {
    return time.count() > 0 ? std::optional(time) : std::nullopt;
}

}  // namespace

RouterTuner::RouterTuner(const RouterConfig& config, const TierCosts& costs, std::uint64_t seed)
    : config_(config),
      costs_(costs),
      base_{static_cast<double>(config.light_below), static_cast<double>(config.medium_below),
            static_cast<double>(config.medium_below)},
      plan_(config.audit_share, seed),
      price_(target(config.latency_mean), target(config.latency_p95)),
      fit_at_(kReadingsForFit) {
    calibrate();
    knots_ = wanted();
    router_ = std::make_shared<const Router>(Router::at(config_, knots_, temperatures_));
}

double RouterTuner::tolerated() const {
    if (config_.accuracy_retention == 0) return 1;
    const bool known = readings_.size() >= kReadingsForFit;
    return (1 - config_.accuracy_retention) * (known ? *readings_.heavy_accuracy() : kAccuracyAssumed);
}

std::optional<double> RouterTuner::answered(const Routed& routed) {
    const auto tier = static_cast<std::size_t>(routed.answered);
    const auto& light = routed.glances[0];
    const auto& medium = routed.glances[1];
    const auto& heavy = routed.glances[2];
    if (!light || !routed.glances[tier]) return std::nullopt;

    shares_[tier] += 1;
    if (shares_[0] + shares_[1] + shares_[2] >= 2 * kSharesHalfLife) {
        for (double& share : shares_)
            share /= 2;
    }
    const auto nanoseconds = static_cast<double>(routed.time.count());
    mean_nanoseconds_ += mean_nanoseconds_ == 0 ? nanoseconds : kTimeMemory * (nanoseconds - mean_nanoseconds_);
    const bool late = config_.latency_p95.count() > 0 && routed.time > config_.latency_p95;
    late_share_ += kTimeMemory * ((late ? 1.0 : 0.0) - late_share_);
    price_.answered(routed.time);
    ranks_.light(uncertainty_of(*light));
    if (medium) ranks_.medium(uncertainty_of(*medium));
    if (corrects()) correction_.answered(kAim * tolerated());

    if (heavy && medium) {
        Audit audit;
        audit.uncertainty = {static_cast<float>(uncertainty_of(*light)), static_cast<float>(uncertainty_of(*medium))};
        audit.differs = {light->predicted != heavy->predicted, medium->predicted != heavy->predicted};
        ++free_;
        record(audit);
        return std::nullopt;
    }
    // One that skipped medium's head is audited like an early exit: only all exits together place it on the path.
    if (heavy) return plan_.draw(1);
    const double knot = routed.answered == Tier::Light ? knots_.light : knots_.medium;
    return plan_.draw(uncertainty_of(*routed.glances[tier]) / knot);
}

void RouterTuner::audited(const Logits& logits, Tier answered, double weight) {
    plan_.carried_out();
    const auto fits = [&](const auto& exit) { return exit && exit->size() >= 2 && exit->size() == logits[0]->size(); };
    if (!logits[0] || !std::all_of(logits.begin(), logits.end(), fits)) return;
    const std::uint32_t truth = router_->read(Tier::Heavy, *logits[2]).predicted;
    Audit audit;
    audit.answered = answered;
    audit.weight = static_cast<float>(weight);
    for (std::size_t exit = 0; exit < kLighterExits; ++exit) {
        const ExitReading reading = router_->read(static_cast<Tier>(exit), *logits[exit]);
        audit.uncertainty[exit] = static_cast<float>(uncertainty_of({reading.predicted, reading.margin}));
        audit.differs[exit] = reading.predicted != truth;
    }
    ++idle_;
    if (audit.lost() && corrects()) correction_.lost(weight);
    record(audit);
}

void RouterTuner::audit_dropped() {
    ++dropped_;
    plan_.dropped();
}

void RouterTuner::record(const Audit& audit) {
    window_.add(audit);
    // Seldomer the more there are: what the world does between is θ's business.
    if (free_ + idle_ >= calibrate_at_) calibrate();
}

void RouterTuner::calibrate() {
    profile_ = PathProfile::of(window_, base_, costs_, fleet_ ? &*fleet_ : nullptr);
    calibrated_ = profile_.controlled_position(tolerated());
    const std::uint64_t recorded = free_ + idle_;
    calibrate_at_ = recorded + std::max(kCalibrateAfter, recorded / 4);
}

void RouterTuner::labelled(std::span<const float> logits, std::span<const std::uint32_t> labels, std::size_t classes) {
    readings_.add(logits, labels, classes);
    if (readings_.seen() >= fit_at_) {
        fit_at_ = readings_.seen() + kReadingsBetweenFits;
        fit_temperatures();
    }
}

void RouterTuner::fit_temperatures() {
    const Router::Temperatures fitted = readings_.fitted(temperatures_);
    bool moved = false;
    for (std::size_t exit = 0; exit < kTiers; ++exit)
        moved = moved || std::abs(std::log(fitted[exit] / temperatures_[exit])) > kTemperatureStep;
    if (!moved) return;
    temperatures_ = fitted;
    router_ = std::make_shared<const Router>(Router::at(config_, knots_, temperatures_));
    weights_changed(NewWeights::Step);  // the same margins do not mean the same any more
}

void RouterTuner::weights_changed(NewWeights what) {
    window_.fade(what == NewWeights::Step ? kFadeOfStep : kFadeOfVersion);
    if (what == NewWeights::Version) plan_.boost();
    calibrate();
}

void RouterTuner::fleet_knows(const AuditHistogram& histogram) {
    fleet_ = histogram;
    calibrate();
}

// Where latency decides, no correction could bring the target back; it would only run to its end.
bool RouterTuner::corrects() const {
    return mode_now() == RouterMode::Risk && config_.accuracy_retention > 0 && !latency_binds();
}

RouterMode RouterTuner::mode_now() const {
    if (config_.mode != RouterMode::Auto) return config_.mode;
    const double known = static_cast<double>(window_.size()) + (fleet_ ? fleet_->audits() : 0);
    const bool proves = config_.accuracy_retention == 0 || calibrated_;
    return known >= static_cast<double>(kAuditsForRisk) && proves ? RouterMode::Risk : RouterMode::Identity;
}

// Time has no price while the route that keeps accuracy is quick enough.
bool RouterTuner::latency_binds() const {
    if (!price_.has_target()) return false;
    if (config_.accuracy_retention == 0) return true;
    return config_.yields == RouterYields::Accuracy && price_.value() > PriceOfTime::kNegligible;
}

double RouterTuner::position() const {
    const bool keeps_accuracy = config_.accuracy_retention > 0;
    double position = keeps_accuracy ? calibrated_.value_or(kPathMin) + correction_.theta() : kPathMin;
    if (latency_binds()) position = std::max(position, profile_.position_at_price(price_.value()));
    return std::clamp(position, kPositionMin, kPositionMax);
}

Knots RouterTuner::wanted() const {
    switch (mode_now()) {
        case RouterMode::Rank:
            return ranks_.knots(base_);
        case RouterMode::Risk:
            return at_position(base_, position());
        case RouterMode::Auto:
        case RouterMode::Identity:
            break;
    }
    return base_;
}

const std::shared_ptr<const Router>& RouterTuner::router() {
    if (const Knots now = wanted(); differ(now, knots_)) {
        knots_ = now;
        router_ = std::make_shared<const Router>(Router::at(config_, knots_, temperatures_));
    }
    return router_;
}

RouterCertificate RouterTuner::certificate() const {
    RouterCertificate certificate;
    certificate.configured = config_.mode;
    certificate.mode = mode_now();
    certificate.knots = knots_;
    certificate.theta = correction_.theta();
    if (price_.has_target()) certificate.price = price_.value();
    certificate.temperatures = temperatures_;
    const double answered = shares_[0] + shares_[1] + shares_[2];
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        certificate.share[tier] = answered > 0 ? shares_[tier] / answered : 0;
    certificate.disagreement = window_.disagreement();
    certificate.audits_free = free_;
    certificate.audits_idle = idle_;
    certificate.audits_dropped = dropped_;
    certificate.audits_kept = window_.size();
    certificate.audits_effective = window_.effective();
    certificate.audits_fleet = fleet_ ? static_cast<std::uint64_t>(fleet_->audits()) : 0;
    std::vector<ScoredEvent> events;
    for (const Audit& audit : window_.audits())
        events.push_back(
            {static_cast<double>(audit.uncertainty[0]), audit.differs[0], static_cast<double>(audit.weight)});
    certificate.gate_auroc = auroc(std::move(events));
    certificate.gate_auroc_labelled = readings_.gate_auroc(*router_);
    certificate.labelled = readings_.seen();
    certificate.accuracy_retention = config_.accuracy_retention;
    certificate.disagreement_target = tolerated();
    certificate.heavy_accuracy = readings_.heavy_accuracy();
    certificate.latency_mean_target = config_.latency_mean;
    certificate.latency_p95_target = config_.latency_p95;
    certificate.latency_mean = std::chrono::nanoseconds(static_cast<std::int64_t>(mean_nanoseconds_));
    certificate.late_share = late_share_;
    return certificate;
}

}  // namespace skerry::node
