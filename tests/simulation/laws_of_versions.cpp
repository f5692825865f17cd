#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/crypto/hash.hpp"
#include "coordinator/round/summing.hpp"
#include "tests/simulation/laws.hpp"
#include "tests/simulation/reference.hpp"

// What is published, and what becomes of it and of its own progress on each node.
namespace skerry::simulation {

namespace ledger = coordinator::ledger;

namespace {

// Sums of multiples of 1/256 are off by this much at most after the float32 roundings of some dozen rebases; a step
// that is lost or counted twice is off by 1/256 at least somewhere.
constexpr double kTolerance = 1.0 / 1024;
constexpr double kRelativeTolerance = 1e-5;

bool in_spool(const NodeDisk& disk, Sequence sequence) {
    return std::any_of(disk.spool.begin(), disk.spool.end(),
                       [sequence](const NodeDisk::Entry& entry) { return entry.update.sequence == sequence; });
}

bool same_bytes(std::span<const float> left, std::span<const float> right) {
    return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size_bytes()) == 0;
}

std::optional<Digest> memory_digest(const Bytes& memory) {
    return memory.empty() ? std::nullopt : std::optional(crypto::sha256(ByteView(memory)));
}

}  // namespace

void Laws::no_version_without_its_weights() {
    for (auto version = versions_.rbegin(); version != versions_.rend() && !version->second.dropped; ++version) {
        const ledger::VersionPublished& published = version->second.published;
        const auto stored = evidence_.blobs->has(published.weights);
        const auto remembered = published.optimiser ? evidence_.blobs->has(*published.optimiser) : Result<bool>(true);
        if (!stored || !*stored || !remembered || !*remembered) {
            world_.broken("no_version_without_its_weights", "version " + std::to_string(version->first.value) +
                                                                " is held, but its weights are not stored");
        }
    }
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
    if (event.restores) {
        const auto old = versions_.find(*event.restores);
        if (old == versions_.end() || old->second.dropped) return broken("restores one that is not held");
        const Version& parent = versions_.at(event.parent);
        const auto tier = static_cast<std::size_t>(event.restores_from);
        const std::size_t first = tier == 0 ? 0 : evidence_.model.values[tier - 1];
        const std::span<const float> now(version.weights), before(parent.weights), again(old->second.weights);
        const bool joined =
            same_bytes(now.first(first), before.first(first)) && same_bytes(now.subspan(first), again.subspan(first));
        version.optimiser = tier == 0 ? old->second.optimiser
                                      : coordinator::joined_memory(parent.optimiser, old->second.optimiser,
                                                                   evidence_.joined_under.at(event.weights),
                                                                   evidence_.model, event.restores_from);
        if (!joined || memory_digest(version.optimiser) != event.optimiser)
            return broken("has other weights, or another memory, than the versions of which it is joined");
        ++world_.counters.rollbacks;
        if (tier != 0) ++world_.counters.joined;
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
            set.push_back({sealed->second.delta, accepted.tier, accepted.weight, accepted.content});
            contributors.put(ByteView(update.node.value)).put(update.sequence.value);
            contributors.put(ByteView(accepted.content)).put(accepted.weight);
            weight += accepted.weight;
        }
        const Version& parent = versions_.at(event.parent);
        Reference should = reference_step(parent.weights, evidence_.model, set, recipes_[event.round],
                                          round->second.event.seed, parent.optimiser);
        if (std::memcmp(should.weights.data(), version.weights.data(), blob->size()) != 0) {
            return broken("is not its parent plus what its round's rule makes of its updates");
        }
        if (should.sum != event.sum) return broken("has another sum than its updates");
        version.optimiser = std::move(should.optimiser);
        if (memory_digest(version.optimiser) != event.optimiser)
            return broken("remembers something else of the steps before it");
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

void Laws::candidates_go_to_canaries_alone(const Evidence::Install& install) {
    if (!on_trial_ || install.to != on_trial_->event.version) return;
    if (is_canary(evidence_.nodes[install.node].id)) return;
    world_.broken("candidates_go_to_canaries_alone", "node " + std::to_string(install.node) + " installs version " +
                                                         std::to_string(install.to.value) +
                                                         ", which is on trial, and is no canary");
}

bool Laws::is_canary(const NodeId& node) const {
    const auto& canaries = on_trial_->event.canaries;
    return std::binary_search(canaries.begin(), canaries.end(), node);
}

void Laws::trials_end(const ledger::TrialEnded& event) {
    if (!on_trial_ || on_trial_->event.version != event.version) {
        world_.broken("candidates_go_to_canaries_alone", "a trial ends that has not begun");
    }
    on_trial_.reset();
    if (event.outcome == ledger::TrialOutcome::Withdrawn) ++world_.counters.withdrawn;
    if (open_) open_->due = std::max(open_->due, world_.time.now());
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
        if (id.node != node.id) continue;
        // What is set aside leaves the spool with the next that counts, and is nowhere from then on.
        const bool counted = fate.counted_in && *fate.counted_in <= node.disk->installed;
        const bool gone = fate.set_aside && !in_spool(*node.disk, id.sequence);
        if (counted || gone) add(evidence_.sealed.at(fate.accepted.content).delta);
    }
    for (const NodeDisk::Entry& entry : node.disk->spool)
        add(entry.delta);
    for (std::size_t i = evidence_.model.statistics; i < found.size(); ++i) {
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

}  // namespace skerry::simulation
