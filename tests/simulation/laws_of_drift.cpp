#include <algorithm>

#include "tests/simulation/laws.hpp"

// What nodes report of a world that changes.
namespace skerry::simulation {

namespace ledger = coordinator::ledger;

void Laws::alarms_are_recorded_once(const ledger::DriftReported& event) {
    const auto broken = [&](const char* what) {
        world_.broken("alarms_are_recorded_once", "alarm " + std::to_string(event.alarm.number) + " of node " +
                                                      event.node.to_text().substr(0, 8) + what);
    };
    ++world_.counters.alarms;
    if (event.early.value != 0) ++world_.counters.early;
    std::uint64_t& last = alarms_[event.node];
    if (event.alarm.number <= last) return broken(" is on record twice, or out of its order");
    if (event.missed != event.alarm.number - last - 1) return broken(" miscounts those that are not on record");
    last = event.alarm.number;
    if (revoked_.count(event.node) != 0) return broken(" is recorded although the node is revoked");
    const RoundId gathers = open_ ? open_->event.round : last_round_.next();
    if (event.early.value != 0 && event.early != gathers) return broken(" hastens a round that does not gather");

    const auto raiser = std::find_if(evidence_.nodes.begin(), evidence_.nodes.end(),
                                     [&](const Evidence::Node& node) { return node.id == event.node; });
    if (raiser == evidence_.nodes.end()) return broken(" is nobody's");
    const std::vector<DriftAlarm>& raised = raiser->disk->alarms;
    if (std::find(raised.begin(), raised.end(), event.alarm) == raised.end()) return broken(" was never raised so");
    if (event.missed > 0 && raised.back().number < event.alarm.number + kReportedAlarmsMax - 1) {
        broken(" leaves out some that could have been reported");
    }
}

void Laws::no_round_below_its_quorum(const ledger::RoundFrozen& event) {
    if (open_ && open_->event.round == event.round && event.set.size() < open_->event.quorum) {
        world_.broken("alarms_are_recorded_once",
                      "round " + std::to_string(event.round.value) + " is frozen below its quorum");
    }
}

}  // namespace skerry::simulation
