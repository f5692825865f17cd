#include "coordinator/round/fleet_audits.hpp"

#include <algorithm>

#include "common/base/limits.hpp"

namespace skerry::coordinator {
namespace {

using wire::AuditCounts;

// A bin is at most the sum over a round's updates, and as much again from all versions before, each halved.
static_assert(2 * limits::kRoundUpdatesMax * FleetAudits::kAuditsMax * FleetAudits::kUnits <= 1ULL << 32U);

/// The same shares as at most kAuditsMax audits of kUnits each. Rounds down, so that no more differ than there are.
AuditCounts one_voice(const AuditCounts& counts) {
    AuditCounts voice;
    voice.audits = std::min(counts.audits, FleetAudits::kAuditsMax);
    voice.bins.resize(counts.bins.size());
    for (std::size_t exit = 0; exit < AuditCounts::kExits; ++exit) {
        const std::size_t first = exit * AuditCounts::kBins;
        std::uint64_t total = 0;
        for (std::size_t i = first; i < first + AuditCounts::kBins; ++i)
            total += counts.bins[i].requests;
        const auto scaled = [&](std::uint32_t count) {
            return static_cast<std::uint32_t>(count * (voice.audits * FleetAudits::kUnits) / total);
        };
        for (std::size_t i = first; i < first + AuditCounts::kBins; ++i) {
            const AuditCounts::Bin& bin = counts.bins[i];
            voice.bins[i].requests = scaled(bin.requests);
            std::transform(bin.differ.begin(), bin.differ.end(), voice.bins[i].differ.begin(), scaled);
        }
    }
    return voice;
}

void halve(AuditCounts& counts) {
    counts.audits /= 2;
    for (AuditCounts::Bin& bin : counts.bins) {
        bin.requests /= 2;
        for (std::uint32_t& differ : bin.differ)
            differ /= 2;
    }
}

void add(AuditCounts& counts, const AuditCounts& more) {
    counts.audits += more.audits;
    counts.bins.resize(more.bins.size());
    for (std::size_t i = 0; i < more.bins.size(); ++i) {
        counts.bins[i].requests += more.bins[i].requests;
        for (std::size_t exit = 0; exit < AuditCounts::kExits; ++exit)
            counts.bins[i].differ[exit] += more.bins[i].differ[exit];
    }
}

}  // namespace

void FleetAudits::apply(const ledger::UpdateAccepted& event) {
    if (!event.audits.empty()) waiting_[event.update] = one_voice(event.audits);
}

void FleetAudits::apply(const ledger::UpdateSetAside& event) {
    waiting_.erase(event.update);
}

void FleetAudits::count(const std::vector<Contribution>& set) {
    known_ = with(set);
    for (const Contribution& counted : set)
        waiting_.erase(counted.update);
}

AuditCounts FleetAudits::with(const std::vector<Contribution>& set) const {
    AuditCounts news;
    for (const Contribution& counted : set) {
        if (const auto found = waiting_.find(counted.update); found != waiting_.end()) add(news, found->second);
    }
    if (news.empty()) return known_;
    AuditCounts all = known_;
    halve(all);
    add(all, news);
    return all;
}

}  // namespace skerry::coordinator
