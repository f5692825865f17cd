#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "edge-node/spool/rebase.hpp"
#include "edge-node/spool/spool.hpp"
#include "edge-node/spool/stored_values.hpp"

namespace skerry::node {

namespace {

/// The installed one, and what a trial compares it with.
constexpr std::uint64_t kVersionsKept = 3;

}  // namespace

Result<> must_match(std::size_t length, std::size_t expected) {
    if (length == expected) return {};
    return fail(ErrorCode::Internal, "node.db holds " + std::to_string(length) + " weights where " +
                                         std::to_string(expected) +
                                         " belong: restore the node's folder, or join again");
}

Result<> Spool::each_delta(Deltas which, Sequence above, std::size_t length,
                           const std::function<void(const KeptDelta&)>& use) {
    storage::Statement rows = SKERRY_TRY(
        database_.prepare(std::string("SELECT slot, stamp, bytes, delta_bytes, delta_digest, header FROM spool_update "
                                      "WHERE sequence > ? AND slot IS NOT NULL") +
                          (which == Deltas::Accepted ? " AND receipt IS NOT NULL" : "") + " ORDER BY sequence"));
    rows.bind(above);
    while (SKERRY_TRY(rows.step())) {
        const KeptUpdate kept = KeptUpdate::of(rows, 0);
        if (which == Deltas::Whole && !SKERRY_TRY(is_whole(kept, rows.blob(4)))) continue;
        use(SKERRY_TRY(read_delta(kept, rows.blob_view(5), length)));
    }
    return {};
}

Result<std::optional<Spool::SparseDeltas>> Spool::sparse_deltas(Sequence counted, std::size_t length) {
    using Nothing = std::optional<SparseDeltas>;
    SparseDeltas deltas;
    std::uint64_t room = length * sizeof(float);
    storage::Statement rows =
        SKERRY_TRY(database_.prepare("SELECT slot, stamp, bytes, delta_bytes, header, sequence FROM spool_update WHERE "
                                     "slot IS NOT NULL ORDER BY sequence"));
    while (SKERRY_TRY(rows.step())) {
        const KeptUpdate kept = KeptUpdate::of(rows, 0);
        const auto header = wire::read_header(rows.blob_view(4));
        const bool is_sparse = header && header->form.encoding == wire::DeltaEncoding::Top && kept.delta_bytes < room;
        if (!is_sparse) return Nothing();
        room -= kept.delta_bytes;
        deltas.all.push_back(std::get<SparseValues>(SKERRY_TRY(read_delta(kept, rows.blob_view(4), length))));
        if (rows.uint64(5) <= counted.value) deltas.counted = deltas.all.size();
    }
    return Nothing(std::move(deltas));
}

Result<SharedWeights> Spool::weights_of(std::uint64_t version) {
    const auto file = version == 0 ? std::optional<Kept>() : SKERRY_TRY(version_file(version));
    if (!file) return shared({});
    if (!at_hand_.weights || at_hand_.stamp != file->stamp) {
        at_hand_ = {};  // before the other one takes its memory
        at_hand_ = {file->stamp, shared(SKERRY_TRY(read_version(*file)))};
    }
    return at_hand_.weights;
}

Result<SharedWeights> Spool::base() {
    return weights_of(SKERRY_TRY(number("installed")));
}

Result<std::vector<float>> Spool::kept(ModelVersion version) {
    const auto file = SKERRY_TRY(version_file(version.value));
    if (!file || !SKERRY_TRY(is_whole(version.value))) return std::vector<float>();
    return read_version(*file);
}

Result<bool> Spool::has(ModelVersion version) {
    return version.value == SKERRY_TRY(number("installed")) || version.value == SKERRY_TRY(number("installing"));
}

Result<SharedWeights> Spool::base_beside(std::span<const float> weights) {
    SharedWeights values = SKERRY_TRY(base());
    SKERRY_TRY(must_match(values->size(), weights.size()));
    return values;
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

Result<> Spool::begin_install(const InstallVersion& order, SharedWeights weights, const std::optional<Digest>& digest) {
    const std::uint64_t version = order.manifest.version.value;
    const ByteView bytes = std::as_bytes(std::span(*weights));
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    const Kept kept = SKERRY_TRY(write_version(version, bytes, digest ? *digest : crypto::sha256(bytes),
                                               stored(order.signed_manifest), stored(order.as)));
    Unclaimed file(versions_, kept.slot, database_);
    SKERRY_TRY(put_number("installing", version));
    SKERRY_TRY(put_number("installing_counted", order.counted.value));
    SKERRY_TRY(transaction.commit());
    file.claimed();
    at_hand_ = {kept.stamp, std::move(weights)};
    return {};
}

Result<std::vector<float>> Spool::rebased(std::span<const float> weights, const Sharing& sharing) {
    const Sequence counted{SKERRY_TRY(number("installing_counted"))};
    const SharedWeights next = SKERRY_TRY(weights_of(SKERRY_TRY(number("installing"))));
    return rebased(weights, sharing, counted, *next);
}

Result<std::vector<float>> Spool::rebased(std::span<const float> weights, const Sharing& sharing, Sequence counted,
                                          std::span<const float> next) {
    if (weights.empty()) return std::vector<float>(next.begin(), next.end());
    SKERRY_TRY(must_match(next.size(), weights.size()));
    const SharedWeights base = SKERRY_TRY(base_beside(weights));
    if (const auto sparse = SKERRY_TRY(sparse_deltas(counted, weights.size()))) {
        return node::rebased(weights, *base, next, sharing, sparse->all, sparse->counted);
    }
    Progress progress(weights, *base, sharing);
    SKERRY_TRY(
        each_delta(Deltas::All, Sequence{0}, weights.size(), [&](const KeptDelta& sent) { progress.take_off(sent); }));
    Rebase rebase(std::move(progress).take());
    SKERRY_TRY(each_delta(Deltas::All, counted, weights.size(), [&](const KeptDelta& sent) { rebase.add(sent); }));
    std::vector<float> result = std::move(rebase).onto(next);
    keep_personal(result, weights, sharing);
    return result;
}

Result<> Spool::finish_install() {
    SKERRY_TRY(install_begun());
    return release_unused(Spare::Kept);
}

Result<> Spool::install_begun() {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    const std::uint64_t version = SKERRY_TRY(number("installing"));
    const Sequence counted{SKERRY_TRY(number("installing_counted"))};
    SKERRY_TRY(database_.run("DELETE FROM spool_update WHERE sequence <= ?", counted));
    SKERRY_TRY(
        database_.run("DELETE FROM spool_version WHERE version NOT IN "
                      "(SELECT version FROM spool_version ORDER BY version DESC LIMIT ?)",
                      kVersionsKept));
    SKERRY_TRY(put_number("installed", version));
    for (const char* key : {"installing", "installing_counted"})
        SKERRY_TRY(forget_fact(key));
    return transaction.commit();
}

Result<bool> Spool::is_whole(std::uint64_t version) {
    const auto file = SKERRY_TRY(version_file(version));
    if (!file) return false;
    storage::Statement find = SKERRY_TRY(database_.prepare("SELECT digest FROM spool_version WHERE version = ?"));
    if (!SKERRY_TRY(find.bind(version).step())) return false;
    const auto bytes = versions_.read(file->slot, file->value());
    if (!bytes && bytes.error().code != ErrorCode::NotFound) return tl::unexpected(bytes.error());
    const auto digest = find.array<32>(0);
    return bytes && digest && crypto::sha256(*bytes) == *digest;
}

Result<std::optional<DamagedVersion>> Spool::give_up_damaged_version() {
    using Nothing = std::optional<DamagedVersion>;
    const std::uint64_t installed = SKERRY_TRY(number("installed"));
    const std::uint64_t installing = SKERRY_TRY(number("installing"));
    if (installing != 0 && !SKERRY_TRY(is_whole(installing))) {
        storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
        for (const char* key : {"installing", "installing_counted"})
            SKERRY_TRY(forget_fact(key));
        SKERRY_TRY(database_.run("DELETE FROM spool_version WHERE version = ?", installing));
        SKERRY_TRY(transaction.commit());
        return Nothing({ModelVersion{installing}, ModelVersion{installed}});
    }
    if (installed == 0 || SKERRY_TRY(is_whole(installed))) return Nothing();
    if (installing != 0) {
        SKERRY_TRY(install_begun());
        return Nothing({ModelVersion{installed}, ModelVersion{installing}});
    }
    std::vector<std::uint64_t> before;
    {
        storage::Statement rows = SKERRY_TRY(
            database_.prepare("SELECT version FROM spool_version WHERE version < ?1 AND length(manifest) > 0 ORDER BY "
                              "digest = (SELECT digest FROM spool_version WHERE version = ?1) DESC, version DESC"));
        rows.bind(installed);
        while (SKERRY_TRY(rows.step()))
            before.push_back(rows.uint64(0));
    }
    for (const std::uint64_t version : before) {
        if (!SKERRY_TRY(is_whole(version))) continue;
        storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
        SKERRY_TRY(put_number("installed", version));
        SKERRY_TRY(database_.run("DELETE FROM spool_version WHERE version > ? AND version <= ?", version, installed));
        SKERRY_TRY(transaction.commit());
        return Nothing({ModelVersion{installed}, ModelVersion{version}});
    }
    return fail(ErrorCode::Internal, "the disk has changed the weights of version " + std::to_string(installed) +
                                         " beside node.db, and none before it is kept whole: restore the node's "
                                         "folder, or join again");
}

}  // namespace skerry::node
