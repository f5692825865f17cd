#include "tests/simulation/laws.hpp"
#include "tests/simulation/reference.hpp"

// From the moment at which a node seals it to its one fate.
namespace skerry::simulation {

namespace ledger = coordinator::ledger;

namespace {

std::string text_of(const UpdateId& update) {
    return "update " + std::to_string(update.sequence.value) + " of node " + update.node.to_text().substr(0, 8);
}

}  // namespace

void Laws::no_receipt_without_its_update() {
    for (; receipts_seen_ < evidence_.receipts.size(); ++receipts_seen_) {
        const Evidence::Receipt& receipt = evidence_.receipts[receipts_seen_];
        const auto fate = accepted_.find(receipt.update);
        if (fate == accepted_.end() || fate->second.accepted.content != receipt.content) {
            world_.broken("no_receipt_without_its_update", "a receipt has reached its node for " +
                                                               text_of(receipt.update) +
                                                               ", which the journal has not accepted");
        }
    }
}

void Laws::no_accepted_update_without_its_bytes() {
    for (auto pending = pending_.begin(); pending != pending_.end();) {
        const Fate& fate = accepted_.at(*pending);
        if (fate.erased) {
            pending = pending_.erase(pending);
            continue;
        }
        const auto stored = evidence_.blobs->has(fate.accepted.content);
        if (!stored || !*stored) {
            world_.broken("no_accepted_update_without_its_bytes",
                          text_of(*pending) + " is accepted, but its bytes are not stored");
        }
        ++pending;
    }
}

void Laws::no_accepted_update_without_its_bytes(const ledger::UpdatesErased& event) {
    std::uint64_t updates = 0, bytes = 0;
    for (auto& [id, fate] : accepted_) {
        if (fate.frozen_in != event.round) continue;
        ++updates;
        bytes += fate.accepted.bytes;
        if (!fate.counted_in || std::exchange(fate.erased, true)) {
            world_.broken("no_accepted_update_without_its_bytes",
                          text_of(id) + " is erased before it is counted, or for a second time");
        }
    }
    if (updates != event.updates || bytes != event.bytes) {
        world_.broken("no_accepted_update_without_its_bytes", "an erasure names other updates than its round counted");
    }
}

void Laws::what_is_erased_is_gone() {
    for (const auto& [id, fate] : accepted_) {
        const auto stored = evidence_.blobs->has(fate.accepted.content);
        if (fate.erased && stored && *stored) {
            world_.broken("what_is_erased_is_gone", text_of(id) + " is erased, but its bytes are stored");
        }
    }
}

void Laws::no_more_is_kept_than_asked_for() {
    std::set<RoundId> rounds;
    std::uint64_t bytes = 0;
    for (const auto& [id, fate] : accepted_) {
        if (!fate.counted_in || fate.erased) continue;
        rounds.insert(*fate.frozen_in);
        bytes += fate.accepted.bytes;
    }
    const coordinator::RetentionPolicy& policy = world_.conditions.policy.retention;
    if (rounds.size() > policy.rounds_verifiable || bytes > policy.updates_kept) {
        world_.broken("no_more_is_kept_than_asked_for", "the updates of " + std::to_string(rounds.size()) +
                                                            " rounds are kept, " + std::to_string(bytes) + " bytes");
    }
}

void Laws::one_fate_for_each_update(const ledger::UpdateAccepted& event) {
    ++world_.counters.accepted;
    const auto broken = [&](const std::string& what) {
        world_.broken("one_fate_for_each_update", text_of(event.update) + " " + what);
    };
    if (accepted_.count(event.update) != 0) return broken("is accepted a second time");
    const auto refused = refused_.find(event.update);
    if (refused != refused_.end() && refused->second == event.content) return broken("is accepted after its refusal");
    if (revoked_.count(event.update.node) != 0) return broken("is accepted although its node is revoked");
    if (!spent_.insert(event.lease).second) return broken("spends a lease that was spent");
    const auto sealed = evidence_.sealed.find(event.content);
    if (sealed == evidence_.sealed.end()) return broken("is accepted with bytes that no node has sealed");
    const Evidence::Sealed& made = sealed->second;
    if (made.id != event.update || made.base != event.base || made.tier != event.tier) {
        return broken("is accepted as another than its node sealed");
    }
    // While a version is on trial, the newest is another for who is no canary.
    const bool older = on_trial_ && !is_canary(event.update.node);
    const ModelVersion newest = older ? on_trial_->event.against : versions_.rbegin()->first;
    const std::uint64_t behind = newest.value - event.base.value;
    if (event.doubted && world_.conditions.policy.admission.opposition <= 0) return broken("is doubted");
    if (event.doubted) doubted_.insert(event.update.node);
    const std::uint32_t counted = event.doubted ? 1 : made.examples;
    if (event.weight != reference_weight(counted, made.examples_max, behind)) {
        return broken("has the wrong weight " + std::to_string(event.weight));
    }
    accepted_[event.update].accepted = event;
    pending_.insert(event.update);
}

void Laws::one_fate_for_each_update(const ledger::UpdateRefused& event) {
    ++world_.counters.refused;
    const auto accepted = accepted_.find(event.update);
    if (accepted != accepted_.end() && accepted->second.accepted.content == event.content) {
        world_.broken("one_fate_for_each_update", text_of(event.update) + " is refused after it was accepted");
    }
    refused_.emplace(event.update, event.content);
}

void Laws::one_fate_for_each_update(const ledger::UpdateSetAside& event) {
    const auto fate = accepted_.find(event.update);
    if (fate == accepted_.end() || fate->second.frozen_in || std::exchange(fate->second.set_aside, true)) {
        return world_.broken("one_fate_for_each_update", text_of(event.update) + " is set aside but does not wait");
    }
    pending_.erase(event.update);
    if (revoked_.count(event.update.node) == 0 && !fate->second.held) {
        world_.broken("one_fate_for_each_update", text_of(event.update) + " is set aside without a cause");
    }
}

void Laws::one_fate_for_each_update(const Evidence::Retreat& retreat) {
    const auto refused = refused_.find(retreat.update);
    const auto accepted = accepted_.find(retreat.update);
    if (refused == refused_.end() || refused->second != retreat.content ||
        (accepted != accepted_.end() && accepted->second.accepted.content == retreat.content)) {
        world_.broken("one_fate_for_each_update",
                      text_of(retreat.update) + " is taken back by its node although the journal has not refused it");
    }
}

void Laws::counted_at_most_once(const ledger::RoundFrozen& event) {
    if (!open_ || open_->event.round != event.round) world_.broken("rounds_end", "a round freezes that is not open");
    open_.reset();
    for (const UpdateId& update : event.set) {
        const auto fate = accepted_.find(update);
        if (fate == accepted_.end()) {
            world_.broken("counted_at_most_once", text_of(update) + " is in a frozen set but was never accepted");
        } else if (fate->second.frozen_in) {
            world_.broken("counted_at_most_once", text_of(update) + " is in two frozen sets");
        } else if (fate->second.set_aside || revoked_.count(update.node) != 0) {
            world_.broken("counted_at_most_once", text_of(update) + " is frozen after its node was revoked");
        } else {
            fate->second.frozen_in = event.round;
        }
    }
    frozen_.emplace(event.round, Frozen{event, world_.time.now()});
}

void Laws::counted_at_most_once(const ledger::VersionPublished& event) {
    if (event.round.value == 0) return;
    ++world_.counters.rounds;
    ++world_.counters.versions;
    const auto round = frozen_.find(event.round);
    if (round == frozen_.end()) {
        return world_.broken("counted_at_most_once", "a version counts a set that is not frozen, or for a second time");
    }
    for (const UpdateId& update : round->second.event.set) {
        Fate& fate = accepted_[update];
        if (fate.counted_in) world_.broken("counted_at_most_once", text_of(update) + " is counted in two versions");
        fate.counted_in = event.version;
        if (const auto made = evidence_.sealed.find(fate.accepted.content); made != evidence_.sealed.end())
            errors_ += made->second.errors;
    }
    frozen_.erase(round);
}

void Laws::errors_are_counted_once() {
    const coordinator::Federation* const core = evidence_.core();
    // Between its restart and the last entry it has not read its history yet.
    if (core == nullptr || core->versions().empty() || versions_.empty()) return;
    if (core->newest().version != versions_.rbegin()->first) return;
    const ledger::ErrorTally& known = core->fleet_errors().known();
    if (known == errors_) return;
    world_.broken("errors_are_counted_once", "the fleet's " + std::to_string(known.errors) + " errors of " +
                                                 std::to_string(known.labelled) + " are not the " +
                                                 std::to_string(errors_.errors) + " of " +
                                                 std::to_string(errors_.labelled) + " that its nodes made");
}

}  // namespace skerry::simulation
