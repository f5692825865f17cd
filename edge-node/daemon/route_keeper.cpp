#include "edge-node/daemon/route_keeper.hpp"

#include <algorithm>
#include <utility>

#include "common/parameters/multiply_adds.hpp"

namespace skerry::node {

namespace {

constexpr std::chrono::milliseconds kBetweenRouters{250};

static_assert(AuditHistogram::kBins == wire::AuditCounts::kBins && kLighterExits == wire::AuditCounts::kExits);
static_assert(AuditWindow::kCapacity * AuditHistogram::kUnits < 1ULL << 31U, "a count of 32 bits holds all audits");

TierCosts costs_of(const parameters::ModelSpec& spec) {
    const parameters::MultiplyAdds arithmetic = parameters::multiply_adds(spec);
    TierCosts costs{};
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        costs[tier] = static_cast<double>(arithmetic.up_to(static_cast<Tier>(tier)));
    return costs;
}

}  // namespace

RouteKeeper::RouteKeeper(boost::asio::io_context& loop, const RouterConfig& config, const parameters::ModelSpec& spec,
                         std::uint64_t seed, AuditReader reader, Publish publish)
    : tuner_(config, costs_of(spec), seed),
      reader_(std::move(reader)),
      publish_(std::move(publish)),
      pause_(loop),
      drift_(loop) {
    publish_now();
}

void RouteKeeper::on_answered(const InferJob& job, std::chrono::nanoseconds time) {
    // A node without heavy has nothing to compare with, and what else ended the way was no decision of the router's.
    if (job.is_part || job.snapshot->held != Tier::Heavy || job.deepest != Tier::Heavy) return;
    for (std::size_t row = 0; row < job.answers.size(); ++row) {
        const Answer& answer = job.answers[row];
        if (answer.anytime) continue;
        if (const auto weight = tuner_.answered({answer.tier, answer.glances, time})) audit(job, row, *weight);
    }
    publish_soon();
}

void RouteKeeper::audit(const InferJob& job, std::size_t row, double weight) {
    auto done = [this, alive = std::weak_ptr<bool>(alive_), tier = job.answers[row].tier,
                 weight](const RouterTuner::Logits& logits) {
        if (alive.expired()) return;
        tuner_.audited(logits, tier, weight);
        publish_soon();
    };
    if (!reader_(job.snapshot, job.request.samples[row], std::move(done))) tuner_.audit_dropped();
}

void RouteKeeper::on_labelled(const LabelledLogits& readings) {
    if (readings.exits != kTiers) return;
    tuner_.labelled(readings.logits, readings.labels, readings.classes);
    publish_soon();
}

void RouteKeeper::on_snapshot(const Snapshot& snapshot) {
    const ModelVersion version = snapshot.version.global;
    if (version_) {
        tuner_.weights_changed(*version_ == version ? RouterTuner::NewWeights::Step : RouterTuner::NewWeights::Version);
    }
    version_ = version;
    publish_soon();
}

void RouteKeeper::on_fleet(const wire::AuditCounts& fleet) {
    if (fleet.empty()) return;
    std::array<std::array<AuditHistogram::Bin, AuditHistogram::kBins>, kLighterExits> bins{};
    for (std::size_t i = 0; i < fleet.bins.size(); ++i) {
        AuditHistogram::Bin& bin = bins[i / AuditHistogram::kBins][i % AuditHistogram::kBins];
        bin.requests = fleet.bins[i].requests;
        std::copy(fleet.bins[i].differ.begin(), fleet.bins[i].differ.end(), bin.differ.begin());
    }
    tuner_.fleet_knows(AuditHistogram(bins, fleet.audits));
    publish_soon();
}

void RouteKeeper::on_drift(std::chrono::milliseconds lasts) {
    tuner_.fleet_drifts(lasts.count() > 0);
    drift_.expires_after(lasts);
    drift_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failure) {
        if (!failure && !alive.expired()) tuner_.fleet_drifts(false);
    });
}

wire::AuditCounts RouteKeeper::audits() const {
    const AuditHistogram histogram = tuner_.histogram();
    wire::AuditCounts counts;
    counts.audits = static_cast<std::uint32_t>(histogram.audits());
    if (counts.empty()) return counts;
    for (std::size_t exit = 0; exit < kLighterExits; ++exit) {
        for (const AuditHistogram::Bin& bin : histogram.bins(static_cast<Tier>(exit))) {
            wire::AuditCounts::Bin& count = counts.bins.emplace_back();
            count.requests = static_cast<std::uint32_t>(bin.requests);
            std::transform(bin.differ.begin(), bin.differ.end(), count.differ.begin(),
                           [](double differ) { return static_cast<std::uint32_t>(differ); });
        }
    }
    return counts;
}

void RouteKeeper::publish_soon() {
    if (pausing_) return;
    publish_now();
    pausing_ = true;
    pause_.expires_after(kBetweenRouters);
    pause_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failure) {
        if (alive.expired()) return;
        pausing_ = false;
        if (!failure) publish_now();
    });
}

void RouteKeeper::publish_now() {
    const std::shared_ptr<const Router>& router = tuner_.router();
    if (router == published_) return;
    published_ = router;
    publish_(router);
}

}  // namespace skerry::node
