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

void Laws::quarantine_has_a_cause(const ledger::NodeQuarantined& event) {
    if (evidence_.suspected.count(event.node) != 0) return;
    world_.broken("quarantine_has_a_cause", "node " + event.node.to_text().substr(0, 8) + " is in quarantine (" +
                                                std::string(ledger::name_of(event.by)) + "): " + event.reason);
}

}  // namespace skerry::simulation
