#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "edge-node/spool/rebase.hpp"
#include "edge-node/spool/spool.hpp"
#include "edge-node/spool/stored_values.hpp"

namespace skerry::node {

namespace {

/// The installed one, and what a trial compares it with.
constexpr std::uint64_t kVersionsKept = 3;

}  // namespace

Result<std::vector<float>> floats_of(ByteView stored) {
    std::vector<float> floats(stored.size() / sizeof(float));
    if (floats.size() * sizeof(float) != stored.size()) {
        return fail(ErrorCode::Internal, "weights in node.db are cut off: restore the node's folder, or join again");
    }
    if (!floats.empty()) std::memcpy(floats.data(), stored.data(), stored.size());
    return floats;
}

Result<> must_match(std::size_t length, std::size_t expected) {
    if (length == expected) return {};
    return fail(ErrorCode::Internal, "node.db holds " + std::to_string(length) + " weights where " +
                                         std::to_string(expected) +
                                         " belong: restore the node's folder, or join again");
}

Result<> Spool::each_delta(Sequence above, bool accepted_only, std::size_t length,
                           const std::function<void(Values)>& use) {
    storage::Statement rows = SKERRY_TRY(database_.prepare(
        accepted_only ? "SELECT delta FROM spool_update WHERE sequence > ? AND receipt IS NOT NULL ORDER BY sequence"
                      : "SELECT delta FROM spool_update WHERE sequence > ? ORDER BY sequence"));
    rows.bind(above);
    while (SKERRY_TRY(rows.step())) {
        const std::vector<float> delta = SKERRY_TRY(floats_of(rows.blob_view(0)));
        SKERRY_TRY(must_match(delta.size(), length));
        use(delta);
    }
    return {};
}

Result<std::vector<float>> Spool::base_of(std::uint64_t version) {
    storage::Statement rows =
        SKERRY_TRY(database_.prepare("SELECT bytes FROM spool_base WHERE version = ? ORDER BY piece"));
    rows.bind(version);
    std::vector<float> base;
    while (SKERRY_TRY(rows.step())) {
        const std::vector<float> piece = SKERRY_TRY(floats_of(rows.blob_view(0)));
        base.insert(base.end(), piece.begin(), piece.end());
    }
    return base;
}

Result<std::vector<float>> Spool::base() {
    const std::uint64_t installed = SKERRY_TRY(number("installed"));
    return installed == 0 ? Result<std::vector<float>>(std::vector<float>()) : base_of(installed);
}

Result<std::vector<float>> Spool::base_beside(std::span<const float> weights) {
    std::vector<float> values = SKERRY_TRY(base());
    SKERRY_TRY(must_match(values.size(), weights.size()));
    return values;
}

Result<wire::SignedBytes> Spool::manifest() {
    return signed_fact("manifest");
}

Result<std::optional<Unfinished>> Spool::unfinished() {
    using What = Unfinished::What;
    if (const std::uint64_t version = SKERRY_TRY(number("installing")); version != 0) {
        return std::optional(
            Unfinished{What::Install, ModelVersion{version}, Sequence{SKERRY_TRY(number("installing_counted"))}});
    }
    if (const std::uint64_t sequence = SKERRY_TRY(number("dropping")); sequence != 0) {
        return std::optional(Unfinished{What::Drop, {}, Sequence{sequence}});
    }
    if (SKERRY_TRY(number("rolling_back")) != 0) return std::optional(Unfinished{What::RollBack, {}, {}});
    return std::optional<Unfinished>();
}

Result<bool> Spool::has_own_heads() {
    return SKERRY_TRY(number("own_heads")) != 0;
}

Result<> Spool::note_own_heads(bool own) {
    return put_number("own_heads", own ? 1 : 0);
}

Result<> Spool::begin_install(const InstallVersion& order, std::span<const float> weights) {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    const std::uint64_t version = order.manifest.version.value;
    SKERRY_TRY(database_.run("DELETE FROM spool_base WHERE version = ?", version));
    const ByteView all = std::as_bytes(weights);
    for (std::size_t offset = 0; offset < all.size(); offset += limits::kChunkBytes) {
        SKERRY_TRY(database_.run("INSERT INTO spool_base (version, piece, bytes) VALUES (?, ?, ?)", version,
                                 offset / limits::kChunkBytes,
                                 all.subspan(offset, std::min(limits::kChunkBytes, all.size() - offset))));
    }
    SKERRY_TRY(put_number("installing", version));
    SKERRY_TRY(put_number("installing_counted", order.counted.value));
    SKERRY_TRY(put_fact("installing_as", stored(order.as)));
    SKERRY_TRY(put_fact("installing_manifest", stored(order.signed_manifest)));
    return transaction.commit();
}

Result<std::vector<float>> Spool::rebased(std::span<const float> weights, const Sharing& sharing) {
    std::vector<float> next = SKERRY_TRY(base_of(SKERRY_TRY(number("installing"))));
    if (weights.empty()) return next;
    SKERRY_TRY(must_match(next.size(), weights.size()));
    const Sequence counted{SKERRY_TRY(number("installing_counted"))};
    Progress progress(weights, SKERRY_TRY(base_beside(weights)), sharing);
    SKERRY_TRY(each_delta(Sequence{0}, false, weights.size(), [&](Values delta) { progress.take_off(delta); }));
    Rebase rebase(std::move(progress).take());
    SKERRY_TRY(each_delta(counted, false, weights.size(), [&](Values delta) { rebase.add(delta); }));
    std::vector<float> result = std::move(rebase).onto(next);
    keep_personal(result, weights, sharing);
    return result;
}

Result<> Spool::finish_install() {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    const std::uint64_t version = SKERRY_TRY(number("installing"));
    const Sequence counted{SKERRY_TRY(number("installing_counted"))};
    SKERRY_TRY(database_.run("DELETE FROM spool_update WHERE sequence <= ?", counted));
    SKERRY_TRY(
        database_.run("DELETE FROM spool_base WHERE version NOT IN "
                      "(SELECT DISTINCT version FROM spool_base ORDER BY version DESC LIMIT ?)",
                      kVersionsKept));
    SKERRY_TRY(put_number("installed", version));
    SKERRY_TRY(put_fact("manifest", SKERRY_TRY(fact("installing_manifest")).value_or(Bytes())));
    SKERRY_TRY(put_fact("installed_as", SKERRY_TRY(fact("installing_as")).value_or(stored(PushedAs()))));
    for (const char* key : {"installing", "installing_counted", "installing_manifest", "installing_as"})
        SKERRY_TRY(forget_fact(key));
    return transaction.commit();
}

}  // namespace skerry::node
