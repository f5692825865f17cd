#include "tests/simulation/node_disk.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "edge-node/spool/rebase.hpp"
#include "edge-node/spool/written_delta.hpp"

namespace skerry::simulation {

node::DurableState NodeDisk::load() const {
    node::DurableState state;
    state.keys = keys;
    state.certificate = certificate;
    state.installed = installed;
    state.installed_as = installed_as;
    state.manifest = manifest;
    if (arriving) {
        const auto chunks = (arriving->bytes.size() + limits::kChunkBytes - 1) / limits::kChunkBytes;
        state.arriving = node::ArrivingVersion{arriving->what, static_cast<std::uint32_t>(chunks)};
    }
    state.next_sequence = last_sequence.next();
    state.steps = learned.steps - sent.steps;
    for (const Entry& entry : spool)
        state.spool.push_back(entry.update);
    return state;
}

namespace {

/// As the coordinator reads it.
std::vector<float> as_read(const node::WrittenDelta& written) {
    return written.bytes.empty() ? written.exact : wire::decode_delta(written.form, written.bytes).value();
}

}  // namespace

void NodeDisk::lose_end_of_arriving(std::uint64_t percent_kept) {
    if (!arriving) return;
    const std::size_t there = arriving->bytes.size() * percent_kept / 100;
    const bool whole = there == arriving->what.fetched_bytes();
    arriving->bytes.resize(whole ? there : there / limits::kChunkBytes * limits::kChunkBytes);
}

std::vector<float> NodeDisk::progress() const {
    const node::Sharing sharing{statistics};
    node::Progress progress(weights, base, sharing);
    for (const Entry& entry : spool)
        progress.take_off(entry.delta);
    return std::move(progress).take();
}

void NodeDisk::learn(std::span<const float> step, std::uint64_t examples) {
    SKERRY_ASSERT(step.size() == weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] += step[i];
    ++learned.steps;
    learned.examples += examples;
    learned.errors[learned.steps % learned.errors.size()] += examples % 11;
    on_change();
}

std::optional<node::SpooledUpdate> NodeDisk::take(const node::TakeUpdate& order, const crypto::SigningKey& identity,
                                                  Clips clips) {
    const wire::Lease& lease = order.lease;
    std::vector<float> delta = progress();
    if (std::all_of(delta.begin(), delta.end(), [](float value) { return value == 0.0F; })) return {};
    wire::UpdateBody body;
    wire::DeltaForm form;
    if (clips == Clips::Yes) {
        auto written = node::write_delta(std::move(delta), weights, statistics, lease.norm_max, order.delta);
        if (!written) return {};
        form = written->form;
        delta = as_read(*written);
        body.delta = std::move(written->exact);
        body.written = std::move(written->bytes);
        std::fill_n(delta.begin(), statistics, 0.0F);
    } else {
        body.delta = delta;
        std::copy_n(weights.begin(), statistics, body.delta.begin());
    }
    body.labelled = learned.examples - sent.examples;
    report_errors(body, order.sequence);
    auto header =
        wire::UpdateHeader::under(lease, order.sequence, static_cast<std::uint32_t>(learned.examples - sent.examples));
    header.form = form;
    const auto sealed = wire::seal(header, body, order.seal_to, identity);
    SKERRY_ASSERT(sealed.has_value());

    Entry entry;
    entry.update.sequence = order.sequence;
    entry.update.lease = lease.id;
    entry.update.signed_lease = order.signed_lease;
    entry.update.header = sealed->header;
    entry.update.sealed_bytes = sealed->sealed.size();
    entry.update.content = sealed->content;
    entry.update.signature = sealed->signature;
    entry.sealed = sealed->sealed;
    entry.delta = std::move(delta);
    push(order.sequence, std::move(entry));
    return spool.back().update;
}

bool NodeDisk::record(const node::TakeUpdate& order, const node::SpooledUpdate& update) {
    auto written = node::write_delta(progress(), weights, statistics, order.lease.norm_max, order.delta);
    if (!written) return false;
    Entry entry;
    entry.update = update;
    entry.delta = as_read(*written);
    std::fill_n(entry.delta.begin(), statistics, 0.0F);
    push(order.sequence, std::move(entry));
    return true;
}

void NodeDisk::push(Sequence sequence, Entry entry) {
    entry.before = std::exchange(sent, learned);
    entry.at = learned;
    last_sequence = sequence;
    spool.push_back(std::move(entry));
    on_change();
}

// Every fourth update is as of a node that does not know of error counts.
void NodeDisk::report_errors(wire::UpdateBody& body, Sequence sequence) const {
    wire::ErrorCounts counts;
    for (std::size_t type = 0; type < counts.by_type.size(); ++type)
        counts.by_type[type] = static_cast<std::uint32_t>(learned.errors[type] - sent.errors[type]);
    body.errors = counts.total();
    const auto in_pair = static_cast<std::uint32_t>(body.errors / 2);
    if (in_pair > 0) body.confusions = {{0, 1, in_pair}};
    counts.other = static_cast<std::uint32_t>(body.errors) - in_pair;
    if (sequence.value % 4 != 0) body.error_counts = counts;
}

const NodeDisk::Entry* NodeDisk::offered(Sequence sequence) const {
    const auto found = std::find_if(spool.begin(), spool.end(),
                                    [sequence](const Entry& entry) { return entry.update.sequence == sequence; });
    return found == spool.end() || found->update.accepted ? nullptr : &*found;
}

void NodeDisk::keep_receipt(Sequence sequence) {
    for (Entry& entry : spool) {
        if (entry.update.sequence != sequence) continue;
        entry.update.accepted = true;
        entry.sealed.clear();
        on_change();
    }
}

void NodeDisk::put_back(Sequence sequence) {
    const Entry* const entry = offered(sequence);
    if (entry == nullptr) return;
    sent = entry->before;
    std::erase_if(spool, [sequence](const Entry& other) { return other.update.sequence == sequence; });
    on_change();
}

void NodeDisk::drop_progress(Sequence sequence) {
    node::Rebase rebase{std::vector<float>(base.size(), 0.0F)};
    for (const Entry& entry : spool) {
        if (entry.update.accepted) rebase.add(entry.delta);
    }
    weights = std::move(rebase).onto(base);
    std::erase_if(
        spool, [sequence](const Entry& entry) { return entry.update.sequence == sequence && !entry.update.accepted; });
    sent = learned;
    on_change();
}

void NodeDisk::install(const node::InstallVersion& order, std::vector<float> weights_of_version, Keeps keeps) {
    const Sequence counted = order.counted;
    if (weights.empty()) {
        weights = weights_of_version;
    } else {
        std::vector<float> unsent = progress();
        if (keeps == Keeps::NoProgress) std::fill(unsent.begin(), unsent.end(), 0.0F);
        node::Rebase rebase(std::move(unsent));
        for (const Entry& entry : spool) {
            if (entry.update.sequence > counted || keeps == Keeps::CountedToo) rebase.add(entry.delta);
        }
        weights = std::move(rebase).onto(weights_of_version);
    }
    std::erase_if(spool, [counted](const Entry& entry) { return entry.update.sequence <= counted; });
    base = std::move(weights_of_version);
    installed = order.manifest.version;
    installed_as = order.as;
    manifest = order.signed_manifest;
    arriving.reset();
    on_change();
}

}  // namespace skerry::simulation
