#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "edge-node/spool/rebase.hpp"
#include "edge-node/spool/reported_errors.hpp"
#include "edge-node/spool/spool.hpp"
#include "edge-node/spool/stored_values.hpp"
#include "edge-node/spool/written_delta.hpp"

namespace skerry::node {

namespace {

Bytes bytes_of_totals(const Totals& totals) {
    return ByteWriter()
        .put(totals.steps)
        .put(totals.examples)
        .put(totals.labelled)
        .put(totals.errors)
        .put(totals.error_cursor)
        .bytes();
}

Totals totals_of(ByteView stored) {
    ByteReader reader(stored);
    Totals totals;
    totals.steps = reader.get<std::uint64_t>();
    totals.examples = reader.get<std::uint64_t>();
    totals.labelled = reader.get<std::uint64_t>();
    totals.errors = reader.get<std::uint64_t>();
    totals.error_cursor = reader.get<std::uint64_t>();
    return totals;
}

}  // namespace

Result<Totals> Spool::totals_sent() {
    return totals_of(SKERRY_TRY(fact("totals_sent")).value_or(Bytes()));
}

Result<> Spool::put_totals(const Totals& totals) {
    return put_fact("totals_sent", bytes_of_totals(totals));
}

Result<std::optional<SpooledUpdate>> Spool::take(const TakeUpdate& order, const Contribution& contribution,
                                                 const crypto::SigningKey& identity) {
    using Nothing = std::optional<SpooledUpdate>;
    const wire::Lease& lease = order.lease;
    Progress progress(contribution.weights, *SKERRY_TRY(base_beside(contribution.weights)), contribution.sharing);
    SKERRY_TRY(each_delta(Deltas::All, Sequence{0}, contribution.weights.size(),
                          [&](const KeptDelta& sent) { progress.take_off(sent); }));
    std::vector<float> delta = std::move(progress).take();
    if (std::all_of(delta.begin(), delta.end(), [](float value) { return value == 0.0F; })) return Nothing();
    const std::size_t statistics = contribution.sharing.statistics;
    auto written = write_delta(std::move(delta), contribution.weights, statistics, lease.norm_max, order.delta);
    if (!written) return Nothing();
    wire::UpdateBody body;
    body.delta = std::move(written->exact);
    body.written = std::move(written->bytes);

    const Totals before = SKERRY_TRY(totals_sent());
    // Totals only grow; should a store have been put back to an older one, nothing is claimed rather than 2^64.
    const auto since = [](std::uint64_t now, std::uint64_t then) { return now - std::min(now, then); };
    body.labelled = since(contribution.totals.labelled, before.labelled);
    body.errors = since(contribution.totals.errors, before.errors);
    report_errors(contribution.judged, body);
    body.audits = contribution.audits;
    body.soft_labels = contribution.soft_labels;
    const auto examples = static_cast<std::uint32_t>(
        std::min(since(contribution.totals.examples, before.examples), limits::kExamplesPerUpdateMax));
    auto header = wire::UpdateHeader::under(lease, order.sequence, examples);
    header.form = written->form;
    const wire::SealedUpdate sealed = SKERRY_TRY(wire::seal(header, body, order.seal_to, identity));

    // The moments are no difference, and so no progress.
    if (!body.delta.empty()) std::fill_n(body.delta.begin(), statistics, 0.0F);
    SpooledUpdate update;
    update.sequence = order.sequence;
    update.lease = lease.id;
    update.signed_lease = order.signed_lease;
    update.header = sealed.header;
    update.sealed_bytes = sealed.sealed.size();
    update.content = sealed.content;
    update.signature = sealed.signature;

    const ByteView as_kept =
        body.written.empty() ? std::as_bytes(std::span(std::as_const(body.delta))) : ByteView(body.written);
    const KeptUpdate kept = SKERRY_TRY(write_update(as_kept, sealed.sealed));
    Unclaimed file(updates_, kept.file.slot, database_);
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    SKERRY_TRY(database_.run(
        "INSERT INTO spool_update (sequence, lease, signed_lease, header, sealed_bytes, content, signature, "
        "totals_before, slot, stamp, bytes, delta_bytes, delta_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        update.sequence, update.lease, stored(update.signed_lease), update.header, update.sealed_bytes, update.content,
        update.signature, bytes_of_totals(before), std::uint64_t{kept.file.slot}, kept.file.stamp, kept.file.bytes,
        kept.delta_bytes, checksum_of_delta(as_kept)));
    SKERRY_TRY(put_number("last_sequence", order.sequence.value));
    SKERRY_TRY(put_totals(contribution.totals));
    SKERRY_TRY(transaction.commit());
    file.claimed();
    return std::optional(std::move(update));
}

Result<Bytes> Spool::chunk(Sequence sequence, std::uint32_t index) {
    const auto gone = [sequence] {
        return fail(ErrorCode::NotFound, "the spool holds no sealed bytes of update " + std::to_string(sequence.value));
    };
    storage::Statement find =
        SKERRY_TRY(database_.prepare("SELECT slot, stamp, bytes, delta_bytes FROM spool_update WHERE sequence = ? AND "
                                     "receipt IS NULL AND slot IS NOT NULL"));
    if (!SKERRY_TRY(find.bind(sequence).step())) return gone();
    const KeptUpdate kept = KeptUpdate::of(find, 0);
    const std::uint64_t offset = kept.delta_bytes + std::uint64_t{index} * limits::kChunkBytes;
    if (offset >= kept.file.bytes) return gone();
    Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(limits::kChunkBytes, kept.file.bytes - offset)));
    SKERRY_TRY(updates_.read(kept.file.slot, kept.file.value(), offset, piece));
    return piece;
}

namespace {

/// What is wrong with an update of this spool; empty: nothing.
std::string damage_of(const wire::SealedUpdate& update, Sequence sequence, const LeaseId& lease, std::uint64_t bytes,
                      const Digest& content, const crypto::VerifyKey& identity) {
    const auto header = wire::read_header(update.header);
    if (!header) return "its header can't be read: " + header.error().message;
    if (header->update != UpdateId{wire::node_of(identity), sequence} || header->lease != lease) {
        return "its header belongs to another update";
    }
    if (update.sealed.size() != bytes) return "sealed bytes are missing";
    if (crypto::Sha256().update(update.header).update(update.sealed).finish() != content) {
        return "its bytes have changed since they were signed";
    }
    if (!wire::verify_signature(content, update.signature, identity)) return "its signature does not hold";
    return {};
}

}  // namespace

Result<std::optional<DamagedUpdate>> Spool::damaged(const crypto::VerifyKey& identity) {
    storage::Statement rows =
        SKERRY_TRY(database_.prepare("SELECT sequence, lease, header, sealed_bytes, content, signature, slot, stamp, "
                                     "bytes, delta_bytes, delta_digest FROM "
                                     "spool_update WHERE receipt IS NULL"));
    while (SKERRY_TRY(rows.step())) {
        const Sequence sequence{rows.uint64(0)};
        wire::SealedUpdate update;
        update.header = rows.blob(2);
        const KeptUpdate kept = KeptUpdate::of(rows, 6);
        if (const auto read = updates_.read(kept.file.slot, kept.file.value())) {
            update.sealed = copy_of(ByteView(*read).subspan(std::min<std::uint64_t>(kept.delta_bytes, read->size())));
        } else if (read.error().code != ErrorCode::NotFound) {
            return tl::unexpected(read.error());
        }
        const auto lease = rows.array<16>(1);
        const auto content = rows.array<32>(4);
        const auto signature = rows.array<64>(5);
        std::string what = "a field of it has another length";
        if (lease && content && signature) {
            update.signature = *signature;
            what = damage_of(update, sequence, LeaseId{*lease}, rows.uint64(3), *content, identity);
            if (what.empty() && !SKERRY_TRY(is_whole(kept, rows.blob(10)))) what = "Δ beside it has changed";
        }
        if (!what.empty()) return std::optional(DamagedUpdate{sequence, std::move(what), update.blob()});
    }
    return std::optional<DamagedUpdate>();
}

Result<> Spool::keep_receipt(Sequence sequence, const wire::SignedBytes& receipt) {
    SKERRY_TRY(database_.run("UPDATE spool_update SET receipt = ? WHERE sequence = ?", stored(receipt), sequence));
    storage::Statement find =
        SKERRY_TRY(database_.prepare("SELECT slot, stamp, bytes, delta_bytes FROM spool_update WHERE sequence = ? AND "
                                     "slot IS NOT NULL"));
    if (SKERRY_TRY(find.bind(sequence).step())) {
        const KeptUpdate kept = KeptUpdate::of(find, 0);
        updates_.cut(kept.file.slot, kept.delta_bytes);
    }
    return {};
}

Result<> Spool::put_back(Sequence sequence) {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    {
        storage::Statement find = SKERRY_TRY(
            database_.prepare("SELECT totals_before FROM spool_update WHERE sequence = ? AND receipt IS NULL"));
        if (!SKERRY_TRY(find.bind(sequence).step())) return {};
        SKERRY_TRY(put_totals(totals_of(find.blob_view(0))));
    }
    SKERRY_TRY(database_.run("DELETE FROM spool_update WHERE sequence = ?", sequence));
    SKERRY_TRY(transaction.commit());
    return release_unused(Spare::Kept);
}

Result<> Spool::skip_errors(std::uint64_t cursor) {
    Totals totals = SKERRY_TRY(totals_sent());
    totals.error_cursor = std::max(totals.error_cursor, cursor);
    return put_totals(totals);
}

Result<> Spool::begin_drop(Sequence sequence) {
    return put_number("dropping", sequence.value);
}

Result<std::vector<float>> Spool::base_with_deltas(Deltas which) {
    const SharedWeights weights = SKERRY_TRY(base());
    if (weights->empty()) return *weights;
    Rebase rebase{std::vector<float>(weights->size(), 0.0F)};
    SKERRY_TRY(each_delta(which, Sequence{0}, weights->size(), [&](const KeptDelta& sent) { rebase.add(sent); }));
    return std::move(rebase).onto(*weights);
}

Result<std::vector<float>> Spool::last_good(std::span<const float> weights, const Sharing& sharing) {
    std::vector<float> good = SKERRY_TRY(base_with_deltas(Deltas::Accepted));
    if (weights.empty() || good.empty()) return good;
    SKERRY_TRY(must_match(good.size(), weights.size()));
    keep_personal(good, weights, sharing);
    return good;
}

Result<std::vector<float>> Spool::as_sent() {
    return base_with_deltas(Deltas::Whole);
}

Result<> Spool::finish_drop(const Totals& totals) {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    const std::uint64_t sequence = SKERRY_TRY(number("dropping"));
    SKERRY_TRY(database_.run("DELETE FROM spool_update WHERE sequence = ? AND receipt IS NULL", sequence));
    SKERRY_TRY(put_totals(totals));
    SKERRY_TRY(forget_fact("dropping"));
    SKERRY_TRY(transaction.commit());
    return release_unused(Spare::Kept);
}

}  // namespace skerry::node
