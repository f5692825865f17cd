#include <utility>

#include "common/base/limits.hpp"
#include "tests/simulation/mirrored.hpp"
#include "tests/simulation/simulated_node.hpp"

// What a node does to its disk.
namespace skerry::simulation {

namespace {

/// By what the learner saw, and not by what the update says; but an old node's types nobody can know.
coordinator::ledger::ErrorTally errors_of(const NodeDisk::Entry& entry, bool says_types) {
    coordinator::ledger::ErrorTally errors;
    errors.updates = 1;
    errors.labelled = entry.at.examples - entry.before.examples;
    for (std::size_t type = 0; type < errors.by_type.size(); ++type) {
        const std::uint64_t count = entry.at.errors[type] - entry.before.errors[type];
        errors.errors += count;
        errors.by_type[says_types ? type : 0] += count;
    }
    errors.other = errors.errors - errors.errors / 2;
    return errors;
}

}  // namespace

bool SimulatedNode::durably(const std::function<SimulatedSpool::Steps()>& steps, SimulatedSpool::Follow follow) {
    if (!spool_) return follow({}), true;
    if (spool_->perform(steps(), std::move(follow))) return true;
    crash();
    return false;
}

Bytes SimulatedNode::chunk(const NodeDisk::Entry& entry, std::uint32_t index) {
    if (spool_) return spool_->chunk(entry.update.sequence, index);
    const ByteView rest = ByteView(entry.sealed).subspan(std::size_t{index} * limits::kChunkBytes);
    return copy_of(rest.first(std::min(rest.size(), limits::kChunkBytes)));
}

void SimulatedNode::take(const node::TakeUpdate& order) {
    const bool forgets = world_.storm && dice_.chance(world_.conditions.unfit) && !spool_;
    evidence_.nodes[index_].unfit = evidence_.nodes[index_].unfit || forgets;
    auto update = std::make_shared<std::optional<node::SpooledUpdate>>();
    if (!spool_) *update = disk_.take(order, identity_, forgets ? NodeDisk::Clips::No : NodeDisk::Clips::Yes);
    const bool done = durably([&] { return spool_->take(order, identity_, update); },
                              [this, order](const node::DurableState& found) { record(order, found); });
    if (!done) return;
    note(*update ? "takes update" : "has nothing to take", order.sequence.value, order.lease.base.value);
    if (!*update) return answer_later(node::NothingTaken{order.sequence});
    answer_later(node::UpdateSpooled{**update});
}

// What was taken is what the model would take, and no other.
void SimulatedNode::record(const node::TakeUpdate& order, const node::DurableState& found) {
    if (spool_) {
        if (found.spool.empty() || found.spool.back().sequence != order.sequence) return;
        if (!disk_.record(order, found.spool.back()))
            return world_.broken("the_spool_holds_what_it_told", "an update was made of no progress");
    }
    if (disk_.spool.empty() || disk_.spool.back().update.sequence != order.sequence) return;
    const NodeDisk::Entry& entry = disk_.spool.back();
    const auto header = wire::read_header(entry.update.header);
    std::vector<float> said = entry.delta;
    std::copy_n(disk_.weights.begin(), model_.statistics, said.begin());
    const bool says_types = spool_ || order.sequence.value % 4 != 0;
    evidence_.sealed[entry.update.content] = {header->update,
                                              header->base,
                                              header->tier,
                                              header->examples,
                                              order.lease.examples_max,
                                              std::move(said),
                                              errors_of(entry, says_types)};
}

std::optional<std::vector<float>> SimulatedNode::fetched(const node::InstallVersion& order) const {
    const Bytes& bytes = disk_.arriving->bytes;
    if (!order.difference) {
        if (crypto::sha256(bytes) != order.digest) return {};
        return floats_of(order.as.encoding == kMirrored ? mirrored(bytes) : bytes);
    }
    std::vector<float> values = disk_.base;
    if (!wire::apply_difference(bytes, tensors_of(model_, order.tier), values)) return {};
    if (crypto::sha256(std::as_bytes(std::span(values))) != order.difference->values) return {};
    return values;
}

void SimulatedNode::install(const node::InstallVersion& order) {
    SKERRY_ASSERT(disk_.arriving && disk_.arriving->what.manifest.version == order.manifest.version);
    auto weights = fetched(order);
    if (!weights) {
        ++world_.counters.unreadable;
        note("cannot read version", order.manifest.version.value);
        return answer_later(node::VersionUnreadable{order.manifest.version, "it is damaged"});
    }
    // Not the first one: a node that refuses it has nothing to learn on until a newer one comes, which may need its
    // help.
    if (world_.storm && disk_.installed.value > 0 && dice_.chance(world_.conditions.unfit / 2)) {
        note("refuses version", order.manifest.version.value);
        if (trial_ && trial_->version == order.manifest.version) trial_->refused = true;
        return answer_later(node::VersionRefused{order.manifest.version, "it fails its self-test"});
    }
    note("installs", order.manifest.version.value, order.counted.value);
    if (order.difference) ++world_.counters.differences;
    if (world_.plan.mutation == Mutation::NodeSpoilsVersion) weights->back() += 1.0F;
    const Mutation mutation = world_.plan.mutation;
    const auto keeps = mutation == Mutation::NodeForgetsProgress    ? NodeDisk::Keeps::NoProgress
                       : mutation == Mutation::NodeReappliesCounted ? NodeDisk::Keeps::CountedToo
                                                                    : NodeDisk::Keeps::All;
    const auto version = std::make_shared<const std::vector<float>>(*std::move(weights));
    const bool done =
        durably([&] { return spool_->install(order, version); },
                [this, order, version, keeps](const auto&) {
                    evidence_.installs.push_back({index_, disk_.installed, order.manifest.version, *version});
                    disk_.install(order, *version, keeps);
                });
    if (done) answer_later(node::VersionInstalled{order.manifest.version});
}

void SimulatedNode::retreat(Sequence sequence, bool drops) {
    note(drops ? "drops" : "puts back", sequence.value);
    durably([&] { return drops ? spool_->drop_progress(sequence) : spool_->put_back(sequence); },
            [this, sequence, drops](const auto&) { retreated(sequence, drops); });
}

void SimulatedNode::retreated(Sequence sequence, bool drops) {
    const NodeDisk::Entry* const entry = disk_.offered(sequence);
    if (entry != nullptr) evidence_.retreats.push_back({{id(), sequence}, entry->update.content});
    if (!drops) return disk_.put_back(sequence);
    // All that no accepted update holds is gone, by what the learner did and not by what the disk says.
    const std::vector<float> unsent = disk_.progress();
    Evidence::Node& seen = evidence_.nodes[index_];
    for (std::size_t i = 0; i < unsent.size(); ++i) {
        seen.dropped[i] += static_cast<double>(unsent[i]);
        if (entry != nullptr) seen.dropped[i] += static_cast<double>(entry->delta[i]);
    }
    disk_.drop_progress(sequence);
}

}  // namespace skerry::simulation
