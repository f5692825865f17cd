#include "coordinator/round/fleet_drift.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::chrono::hours kWindow{1};

// A clock that was set back, or wrong when `since` was written, must not make anybody wait for years.
bool within(std::chrono::milliseconds window, TimePoint since, TimePoint now) {
    return now >= since && now - since < window;
}

}  // namespace

bool FleetDrift::Standing::may_record(TimePoint now) const {
    return recorded < kAlarmsPerHour || !within(kWindow, since, now);
}

void FleetDrift::Standing::apply(const ledger::DriftReported& event) {
    if (recorded == 0 || !within(kWindow, since, event.at)) {
        recorded = 0;
        since = event.at;
    }
    ++recorded;
    known = event.alarm.number;
}

void FleetDrift::apply(const ledger::DriftReported& event) {
    standings_[event.node].apply(event);
    if (event.early.value != 0) early_ = Early{event.early, event.node, event.at};
}

const FleetDrift::Standing& FleetDrift::of(const NodeId& node) const {
    static const Standing kNew;
    const auto found = standings_.find(node);
    return found == standings_.end() ? kNew : found->second;
}

bool FleetDrift::grants_early(const RoundPolicy& policy, TimePoint now) const {
    return policy.early_on_drift && !(early_ && within(policy.early_interval, early_->at, now));
}

std::chrono::milliseconds FleetDrift::lasts(const RoundPolicy& policy, TimePoint now) const {
    if (!early_ || !within(policy.early_interval, early_->at, now)) return std::chrono::milliseconds(0);
    return policy.early_interval - (now - early_->at);
}

}  // namespace skerry::coordinator
