#include <algorithm>

#include "tests/simulation/laws.hpp"

// What counts nowhere, and why.
namespace skerry::simulation {

namespace ledger = coordinator::ledger;

void Laws::held_updates_count_nowhere(const ledger::UpdateAccepted& event) {
    if (quarantined_.count(event.update.node) == 0) return;
    accepted_[event.update].held = true;
    ++world_.counters.held;
}

void Laws::held_updates_count_nowhere(const ledger::NodeQuarantined& event) {
    ++world_.counters.quarantines;
    if (event.by == ledger::QuarantinedBy::Outlier) ++world_.counters.outliers;
    if (event.by == ledger::QuarantinedBy::Strikes) ++world_.counters.struck;
    if (event.by == ledger::QuarantinedBy::Opposition) ++world_.counters.opponents;
    quarantined_.insert(event.node);
    for (auto& [id, fate] : accepted_) {
        if (id.node == event.node && !fate.frozen_in && !fate.set_aside) fate.held = true;
    }
}

void Laws::held_updates_count_nowhere(const ledger::NodeReleased& event) {
    quarantined_.erase(event.node);
    told_quarantined_.erase(event.node);
    for (auto& [id, fate] : accepted_) {
        if (id.node == event.node) fate.held = false;
    }
}

void Laws::held_updates_count_nowhere(const ledger::RoundFrozen& event) {
    for (const UpdateId& update : event.set) {
        const auto fate = accepted_.find(update);
        const bool held = fate != accepted_.end() && fate->second.held;
        if (held || told_quarantined_.count(update.node) != 0) {
            world_.broken("held_updates_count_nowhere", "update " + std::to_string(update.sequence.value) +
                                                            " of node " + update.node.to_text().substr(0, 8) +
                                                            " is frozen although its node is in quarantine");
        }
    }
}

bool Laws::was_unfit(const NodeId& node) const {
    return std::any_of(evidence_.nodes.begin(), evidence_.nodes.end(),
                       [&node](const Evidence::Node& other) { return other.id == node && other.unfit; });
}

void Laws::quarantine_has_a_cause(const ledger::NodeQuarantined& event) {
    // Learners that draw what they learn go nowhere; what was doubted before is another law's.
    if (event.by == ledger::QuarantinedBy::Opposition && doubted_.count(event.node) != 0) return;
    const bool suspected = event.by == ledger::QuarantinedBy::Operator ? evidence_.suspected.count(event.node) != 0
                                                                       : was_unfit(event.node);
    if (suspected) return;
    world_.broken("quarantine_has_a_cause", "node " + event.node.to_text().substr(0, 8) + " is in quarantine (" +
                                                std::string(ledger::name_of(event.by)) + "): " + event.reason);
}

void Laws::quarantine_has_a_cause(const ledger::UpdateRefused& event) {
    if (!coordinator::is_strike(event.code) || was_unfit(event.update.node)) return;
    world_.broken("quarantine_has_a_cause",
                  "a fit node is struck: " + std::string(wire::name_of(event.code)) + ": " + event.text);
}

}  // namespace skerry::simulation
