#include "tests/simulation/laws.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "tests/simulation/overload.hpp"
#include "tests/simulation/reference.hpp"

namespace skerry::simulation {

using namespace std::chrono_literals;
namespace ledger = coordinator::ledger;

namespace {

// Sums of multiples of 1/256 are off by this much at most after the float32 roundings of some dozen rebases; a step
// that is lost or counted twice is off by 1/256 at least somewhere.
constexpr double kTolerance = 1.0 / 1024;
constexpr double kRelativeTolerance = 1e-5;

// Updates of one node on their way: at most one in each version that its base may be behind, one in the frozen set, one
// in the pool and one without a receipt.
constexpr std::size_t kSpoolMax = limits::kStalenessMax + 3;

// What a coordinator that is alone with its work may take to close a round whose time is up.
constexpr std::chrono::milliseconds kGrace = 120s;

std::string text_of(const UpdateId& update) {
    return "update " + std::to_string(update.sequence.value) + " of node " + update.node.to_text().substr(0, 8);
}

}  // namespace

void Laws::check() {
    const ledger::Events& journal = evidence_.journal->events(ledger::kFederationStream);
    if (journal.size() < events_seen_) return world_.broken("no_receipt_without_its_update", "the journal has shrunk");
    while (events_seen_ < journal.size())
        fold(journal[events_seen_++]);
    no_receipt_without_its_update();
    no_accepted_update_without_its_bytes();
    no_version_without_its_weights();
    while (retreats_seen_ < evidence_.retreats.size())
        one_fate_for_each_update(evidence_.retreats[retreats_seen_++]);
    while (installs_seen_ < evidence_.installs.size())
        nodes_install_published_versions_upwards(evidence_.installs[installs_seen_++]);
    disk_changes_seen_.resize(evidence_.nodes.size());
    for (std::size_t node = 0; node < evidence_.nodes.size(); ++node) {
        const NodeDisk* const disk = evidence_.nodes[node].disk;
        if (disk == nullptr || disk_changes_seen_[node] == disk->changes) continue;
        disk_changes_seen_[node] = disk->changes;
        nothing_learned_is_lost(node);
    }
    queues_are_bounded();
    rounds_end();
}

void Laws::fold(const Event& event) {
    std::visit(Overload{
                   [&](const ledger::UpdateAccepted& happened) { one_fate_for_each_update(happened); },
                   [&](const ledger::UpdateRefused& happened) { one_fate_for_each_update(happened); },
                   [&](const ledger::RoundFrozen& happened) { counted_at_most_once(happened); },
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
                   [&](const ledger::RoundOpened& happened) {
                       if (open_ || happened.round != last_round_.next()) {
                           world_.broken("rounds_end", "a round opens out of its turn");
                       }
                       open_ = Open{happened.round, world_.time.now() + (happened.deadline - happened.at)};
                       last_round_ = happened.round;
                   },
                   [&](const ledger::RoundAbandoned& happened) {
                       if (!open_ || open_->round != happened.round) {
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

void Laws::no_version_without_its_weights() {
    for (auto version = versions_.rbegin(); version != versions_.rend() && !version->second.dropped; ++version) {
        const auto stored = evidence_.blobs->has(version->second.published.weights);
        if (!stored || !*stored) {
            world_.broken("no_version_without_its_weights", "version " + std::to_string(version->first.value) +
                                                                " is held, but its weights are not stored");
        }
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
    const std::uint64_t behind = versions_.rbegin()->first.value - event.base.value;
    if (event.weight != reference_weight(made.examples, made.examples_max, behind)) {
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
    if (!open_ || open_->round != event.round) world_.broken("rounds_end", "a round freezes that is not open");
    open_.reset();
    for (const UpdateId& update : event.set) {
        const auto fate = accepted_.find(update);
        if (fate == accepted_.end()) {
            world_.broken("counted_at_most_once", text_of(update) + " is in a frozen set but was never accepted");
        } else if (fate->second.frozen_in) {
            world_.broken("counted_at_most_once", text_of(update) + " is in two frozen sets");
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
    }
    frozen_.erase(round);
}

void Laws::versions_are_the_exact_mean(const ledger::VersionPublished& event) {
    const auto broken = [&](const std::string& what) {
        world_.broken("versions_are_the_exact_mean", "version " + std::to_string(event.version.value) + " " + what);
    };
    const auto blob = evidence_.blobs->get(event.weights);
    if (!blob) return broken("has no weights");
    Version version;
    version.published = event;
    version.weights.resize(evidence_.model.values.back());
    if (blob->size() != version.weights.size() * sizeof(float)) return broken("has weights of another length");
    std::memcpy(version.weights.data(), blob->data(), blob->size());
    const ModelVersion newest = versions_.empty() ? ModelVersion{} : versions_.rbegin()->first;
    if (event.version != newest.next() || event.parent != newest) return broken("does not follow the newest one");

    const auto manifest = wire::open_manifest(event.manifest, evidence_.signing);
    if (!manifest) return broken("has an unreadable manifest: " + manifest.error().message);
    const bool agrees = manifest->version == event.version && manifest->parent == event.parent &&
                        manifest->round == event.round && manifest->digests.back() == event.weights &&
                        manifest->sum == event.sum && manifest->updates == event.updates;
    if (!agrees) return broken("has a manifest that says something else than the journal");
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const auto prefix = std::span(version.weights).first(evidence_.model.values[tier]);
        if (manifest->digests[tier] != crypto::sha256(std::as_bytes(prefix))) return broken("has a wrong digest");
    }
    if (event.round.value != 0) {
        const auto round = frozen_.find(event.round);
        if (round == frozen_.end() || round->second.event.parent != event.parent) return broken("has no frozen set");
        std::vector<Counted> set;
        ByteWriter contributors;
        std::uint64_t weight = 0;
        for (const UpdateId& update : round->second.event.set) {
            const ledger::UpdateAccepted& accepted = accepted_[update].accepted;
            const auto sealed = evidence_.sealed.find(accepted.content);
            if (sealed == evidence_.sealed.end()) return broken("counts bytes that no node has sealed");
            set.push_back({sealed->second.delta, accepted.tier, accepted.weight});
            contributors.put(ByteView(update.node.value)).put(update.sequence.value);
            contributors.put(ByteView(accepted.content)).put(accepted.weight);
            weight += accepted.weight;
        }
        const Reference should = reference_mean(versions_.at(event.parent).weights, manifest->values, set);
        if (std::memcmp(should.weights.data(), version.weights.data(), blob->size()) != 0) {
            return broken("is not its parent plus the mean of its updates");
        }
        if (should.sum != event.sum) return broken("has another sum than its updates");
        if (crypto::sha256(contributors.bytes()) != manifest->contributors) return broken("names other contributors");
        if (weight != event.weight || set.size() != event.updates) return broken("has a wrong weight or number");
    }
    versions_[event.version] = std::move(version);
}

void Laws::nodes_install_published_versions_upwards(const Evidence::Install& install) {
    const std::string what = "node " + std::to_string(install.node) + " installs version " +
                             std::to_string(install.to.value) + " over " + std::to_string(install.from.value);
    if (install.to <= install.from) {
        return world_.broken("nodes_install_published_versions_upwards", what + ", which is no step forward");
    }
    const auto version = versions_.find(install.to);
    const std::size_t prefix = evidence_.model.prefix(evidence_.nodes[install.node].tier);
    if (version == versions_.end() || install.bytes.size() != prefix ||
        std::memcmp(install.bytes.data(), version->second.weights.data(), prefix * sizeof(float)) != 0) {
        world_.broken("nodes_install_published_versions_upwards", what + ", with bytes that were not published");
    }
}

void Laws::nothing_learned_is_lost(std::size_t index) {
    const Evidence::Node& node = evidence_.nodes[index];
    if (node.disk->weights.empty()) return;
    const std::vector<float> progress = node.disk->progress();
    std::vector<double> found(progress.begin(), progress.end());
    const auto add = [&found](const std::vector<float>& delta) {
        for (std::size_t i = 0; i < found.size(); ++i)
            found[i] += static_cast<double>(delta[i]);
    };
    for (const auto& [id, fate] : accepted_) {
        if (id.node == node.id && fate.counted_in && *fate.counted_in <= node.disk->installed) {
            add(evidence_.sealed.at(fate.accepted.content).delta);
        }
    }
    for (const NodeDisk::Entry& entry : node.disk->spool)
        add(entry.delta);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double should = node.learned[i] - node.dropped[i];
        const double scale = std::abs(static_cast<double>(node.disk->weights[i])) + std::abs(should);
        if (std::abs(found[i] - should) > kTolerance + kRelativeTolerance * scale) {
            return world_.broken("nothing_learned_is_lost",
                                 "node " + std::to_string(index) + " has learned " + std::to_string(should) +
                                     " at value " + std::to_string(i) + ", but " + std::to_string(found[i]) +
                                     " is in versions, spool and progress");
        }
    }
}

void Laws::queues_are_bounded() {
    const std::size_t nodes = evidence_.nodes.size();
    if (const coordinator::Federation* const core = evidence_.core()) {
        if (core->pool().waiting().size() > nodes || core->pool().frozen().size() > nodes ||
            core->transfers().active() + core->transfers().waiting() > nodes) {
            world_.broken("queues_are_bounded", "the coordinator holds more updates than there are nodes");
        }
    }
    for (std::size_t node = 0; node < nodes; ++node) {
        const NodeDisk* const disk = evidence_.nodes[node].disk;
        if (disk != nullptr && disk->spool.size() > kSpoolMax) {
            world_.broken("queues_are_bounded", "the spool of node " + std::to_string(node) + " has " +
                                                    std::to_string(disk->spool.size()) + " updates");
        }
    }
}

void Laws::rounds_end() {
    if (!healed_at_) return;
    const TimePoint now = world_.time.now();
    const auto overdue = [&](TimePoint due) { return now > std::max(due, *healed_at_) + kGrace; };
    for (const auto& [id, frozen] : frozen_) {
        if (overdue(frozen.seen)) {
            world_.broken("rounds_end", "round " + std::to_string(id.value) + " is frozen and never published");
        }
    }
    if (open_ && frozen_.empty() && overdue(open_->due)) {
        world_.broken("rounds_end", "round " + std::to_string(open_->round.value) + " is past its deadline");
    }
}

}  // namespace skerry::simulation
