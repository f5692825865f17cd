#include "tests/simulation/laws.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "tests/simulation/overload.hpp"

namespace skerry::simulation {

using namespace std::chrono_literals;
namespace ledger = coordinator::ledger;

namespace {

// Updates of one node on their way: at most one in each version that its base may be behind, one in the frozen set, one
// in the pool and one without a receipt.
constexpr std::size_t kSpoolMax = limits::kStalenessMax + 3;

// What a coordinator that is alone with its work may take to close a round whose time is up.
constexpr std::chrono::milliseconds kGrace = 120s;

}  // namespace

void Laws::check() {
    const ledger::Events& journal = evidence_.journal->events(ledger::kFederationStream);
    if (journal.size() < events_seen_) return world_.broken("no_receipt_without_its_update", "the journal has shrunk");
    while (events_seen_ < journal.size())
        fold(journal[events_seen_++]);
    while (told_seen_ < evidence_.quarantined.size())
        told_quarantined_.insert(evidence_.quarantined[told_seen_++]);
    if (std::exchange(pins_seen_, evidence_.pins) != evidence_.pins) told_pinned_ = true;
    errors_are_counted_once();
    no_receipt_without_its_update();
    no_accepted_update_without_its_bytes();
    no_version_without_its_weights();
    while (retreats_seen_ < evidence_.retreats.size())
        one_fate_for_each_update(evidence_.retreats[retreats_seen_++]);
    while (installs_seen_ < evidence_.installs.size()) {
        const Evidence::Install& install = evidence_.installs[installs_seen_++];
        nodes_install_published_versions_upwards(install);
        candidates_go_to_canaries_alone(install);
    }
    while (changes_seen_ < evidence_.changed.size()) {
        const std::size_t node = evidence_.changed[changes_seen_++];
        nothing_learned_is_lost(node);
        queues_are_bounded(node);
    }
    queues_are_bounded();
    rounds_end();
}

void Laws::fold(const Event& event) {
    std::visit(Overload{
                   [&](const ledger::UpdateAccepted& happened) {
                       one_fate_for_each_update(happened);
                       held_updates_count_nowhere(happened);
                   },
                   [&](const ledger::NodeQuarantined& happened) {
                       quarantine_has_a_cause(happened);
                       held_updates_count_nowhere(happened);
                   },
                   [&](const ledger::NodeReleased& happened) { held_updates_count_nowhere(happened); },
                   [&](const ledger::UpdateRefused& happened) {
                       one_fate_for_each_update(happened);
                       quarantine_has_a_cause(happened);
                   },
                   [&](const ledger::UpdateSetAside& happened) { one_fate_for_each_update(happened); },
                   [&](const ledger::VersionPinned&) { pinned_ = true; },
                   [&](const ledger::VersionUnpinned&) {
                       pinned_ = told_pinned_ = false;
                       if (open_) open_->due = std::max(open_->due, world_.time.now());
                   },
                   [&](const ledger::TrialBegan& happened) {
                       ++world_.counters.trials;
                       on_trial_ = OnTrial{happened, world_.time.now() + (happened.deadline - happened.at)};
                   },
                   [&](const ledger::TrialEnded& happened) { trials_end(happened); },
                   [&](const ledger::RoundFrozen& happened) {
                       if (on_trial_)
                           world_.broken("candidates_go_to_canaries_alone", "a round freezes during a trial");
                       a_pin_holds();
                       no_round_below_its_quorum(happened);
                       held_updates_count_nowhere(happened);
                       counted_at_most_once(happened);
                   },
                   [&](const ledger::DriftReported& happened) { alarms_are_recorded_once(happened); },
                   [&](const ledger::VersionPublished& happened) {
                       versions_are_the_exact_mean(happened);
                       counted_at_most_once(happened);
                   },
                   [&](const ledger::VersionDropped& happened) {
                       versions_[happened.version].dropped = true;
                       for (auto& [id, fate] : accepted_) {
                           if (fate.counted_in == happened.version) fate.erased = true;
                       }
                   },
                   [&](const ledger::UpdatesErased& happened) { no_accepted_update_without_its_bytes(happened); },
                   [&](const ledger::RoundOpened& happened) {
                       recipes_[happened.round] = happened.recipe;
                       if (open_ || happened.round != last_round_.next()) {
                           world_.broken("rounds_end", "a round opens out of its turn");
                       }
                       open_ = Open{happened, world_.time.now() + (happened.deadline - happened.at)};
                       last_round_ = happened.round;
                   },
                   [&](const ledger::RoundAbandoned& happened) {
                       if (!open_ || open_->event.round != happened.round) {
                           world_.broken("rounds_end", "a round is abandoned that is not open");
                       }
                       open_.reset();
                       ++world_.counters.rounds;
                   },
                   [&](const ledger::NodeRevoked& happened) { revoked_.insert(happened.node); },
                   [](const auto&) {},
               },
               event);
}

void Laws::settled() {
    what_is_erased_is_gone();
    no_more_is_kept_than_asked_for();
}

void Laws::a_pin_holds() {
    if (pinned_) world_.broken("a_pin_holds", "a round freezes while a version is pinned");
    if (told_pinned_) world_.broken("a_pin_holds", "a round freezes, but the operator was told of a pin");
}

void Laws::queues_are_bounded() {
    const std::size_t nodes = evidence_.nodes.size();
    if (const coordinator::Federation* const core = evidence_.core()) {
        if (core->pool().waiting().size() + core->pool().held().size() > nodes ||
            core->pool().frozen().size() > nodes || core->transfers().active() + core->transfers().waiting() > nodes) {
            world_.broken("queues_are_bounded", "the coordinator holds more updates than there are nodes");
        }
    }
}

void Laws::queues_are_bounded(std::size_t node) {
    const std::size_t updates = evidence_.nodes[node].disk->spool.size();
    if (updates <= kSpoolMax) return;
    world_.broken("queues_are_bounded",
                  "the spool of node " + std::to_string(node) + " has " + std::to_string(updates) + " updates");
}

void Laws::rounds_end() {
    if (!healed_at_) return;
    const TimePoint now = world_.time.now();
    const auto overdue = [&](TimePoint due) { return now > std::max(due, *healed_at_) + kGrace; };
    // A coordinator whose clock was set back before it started gives what it finds its whole time again.
    const auto out_of_time = [&](TimePoint due, const auto& began) {
        return overdue(std::max(due, evidence_.started + (began.deadline - began.at)));
    };
    for (const auto& [id, frozen] : frozen_) {
        if (overdue(frozen.seen)) {
            world_.broken("rounds_end", "round " + std::to_string(id.value) + " is frozen and never published");
        }
    }
    if (on_trial_ && out_of_time(on_trial_->due, on_trial_->event)) {
        world_.broken("rounds_end",
                      "the trial of version " + std::to_string(on_trial_->event.version.value) + " does not end");
    }
    if (open_ && !pinned_ && !on_trial_ && frozen_.empty() && out_of_time(open_->due, open_->event)) {
        world_.broken("rounds_end", "round " + std::to_string(open_->event.round.value) + " is past its deadline");
    }
}

}  // namespace skerry::simulation
