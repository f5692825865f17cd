#include <algorithm>
#include <array>
#include <set>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/crypto/random.hpp"
#include "common/storage/checksum.hpp"
#include "edge-node/spool/spool.hpp"
#include "edge-node/spool/stored_values.hpp"

// What is as long as the model lies in files; the rows say where.
namespace skerry::node {

using storage::SlotFiles;

namespace {

tl::unexpected<Error> cut_off(const std::string& what) {
    return fail(ErrorCode::Internal, what + ": restore the node's folder, or join again");
}

constexpr std::size_t kPieceBytes = 256 << 10;

/// The bytes from `offset` on. What is gone is an error of the folder, not of the disk.
Result<> read_part(const SlotFiles& files, SlotFiles::Slot slot, SlotFiles::Value value, std::uint64_t offset,
                   std::span<std::byte> into) {
    auto read = files.read(slot, value, offset, into);
    if (!read && read.error().code == ErrorCode::NotFound) return cut_off(read.error().message);
    return read;
}
Result<> read_front(const SlotFiles& files, SlotFiles::Slot slot, SlotFiles::Value value, std::span<std::byte> into) {
    return read_part(files, slot, value, 0, into);
}

constexpr const char* kNoLength = "weights beside node.db are cut off";

}  // namespace

Result<std::vector<float>> Spool::read_version(const Kept& kept) {
    if (kept.bytes % sizeof(float) != 0 || kept.bytes / sizeof(float) > limits::kParametersMax)
        return cut_off(kNoLength);
    const auto count = static_cast<std::size_t>(kept.bytes / sizeof(float));
    std::vector<float> weights;
    weights.reserve(count);
    // Piece by piece: a vector of that length would be filled with zeroes first.
    std::vector<float> piece(std::min<std::size_t>(count, kPieceBytes / sizeof(float)));
    while (weights.size() < count) {
        const std::span<float> into = std::span(piece).first(std::min(piece.size(), count - weights.size()));
        SKERRY_TRY(read_part(versions_, kept.slot, kept.value(), weights.size() * sizeof(float),
                             std::as_writable_bytes(into)));
        weights.insert(weights.end(), into.begin(), into.end());
    }
    return weights;
}

Result<KeptDelta> Spool::read_delta(const KeptUpdate& kept, ByteView header, std::size_t length) {
    const auto& [file, bytes] = kept;
    if (bytes > file.bytes || bytes > length * sizeof(float)) return cut_off(kNoLength);
    if (bytes == length * sizeof(float)) {
        std::vector<float> delta(length);
        SKERRY_TRY(read_front(updates_, file.slot, file.value(), std::as_writable_bytes(std::span(delta))));
        return delta;
    }
    const auto form = wire::read_header(header).map([](const wire::UpdateHeader& read) { return read.form; });
    if (!form || form->encoding == wire::DeltaEncoding::Float32 || form->values != length) return cut_off(kNoLength);
    Bytes written(static_cast<std::size_t>(bytes));
    SKERRY_TRY(read_front(updates_, file.slot, file.value(), written));
    // The moments are no difference, and so no progress.
    if (form->encoding == wire::DeltaEncoding::Top) {
        auto sparse = wire::decode_sparse(*form, written);
        if (!sparse) return cut_off(kNoLength);
        std::fill_n(sparse->values.begin(), form->exact, 0.0F);
        return *std::move(sparse);
    }
    auto delta = wire::decode_delta(*form, written);
    if (!delta) return cut_off(kNoLength);
    std::fill_n(delta->begin(), form->exact, 0.0F);
    return *std::move(delta);
}

Bytes checksum_of_delta(ByteView delta) {
    return ByteWriter().put(storage::checksum_of(delta)).bytes();
}

bool is_checksum_of(const Bytes& checksum, ByteView delta) {
    if (checksum.size() != sizeof(Digest)) return checksum == checksum_of_delta(delta);
    return std::ranges::equal(checksum, crypto::sha256(delta));
}

Spool::KeptUpdate Spool::KeptUpdate::of(const storage::Statement& row, int column) {
    return {{static_cast<SlotFiles::Slot>(row.uint64(column)), row.uint64(column + 1), row.uint64(column + 2)},
            row.uint64(column + 3)};
}

Result<Spool::Kept> Spool::free_slot(const char* table, std::uint64_t bytes) {
    Kept kept;
    kept.bytes = bytes;
    // What SQLite can hold as a number.
    kept.stamp = ByteReader(crypto::random_bytes<8>()).get<std::uint64_t>() >> 1U;
    storage::Statement taken = SKERRY_TRY(
        database_.prepare(std::string("SELECT slot FROM ") + table + " WHERE slot IS NOT NULL ORDER BY slot"));
    while (SKERRY_TRY(taken.step()) && taken.uint64(0) == kept.slot)
        ++kept.slot;
    return kept;
}

Result<Spool::Kept> Spool::write_version(std::uint64_t version, ByteView weights, const Digest& digest,
                                         ByteView manifest, ByteView as) {
    const Kept kept = SKERRY_TRY(free_slot("spool_version", weights.size()));
    SKERRY_TRY(versions_.write(kept.slot, kept.value(), std::array{weights}));
    Unclaimed file(versions_, kept.slot, database_);
    SKERRY_TRY(
        database_.run("INSERT OR REPLACE INTO spool_version (version, slot, stamp, bytes, digest, manifest, pushed_as) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?)",
                      version, std::uint64_t{kept.slot}, kept.stamp, kept.bytes, digest, manifest, as));
    file.claimed();
    return kept;
}

Result<Spool::KeptUpdate> Spool::write_update(ByteView delta, ByteView sealed) {
    const Kept file = SKERRY_TRY(free_slot("spool_update", delta.size() + sealed.size()));
    SKERRY_TRY(updates_.write(file.slot, file.value(), std::array{delta, sealed}));
    return KeptUpdate{file, delta.size()};
}

Result<bool> Spool::is_whole(const KeptUpdate& kept, const Bytes& checksum) {
    if (kept.delta_bytes > kept.file.bytes || kept.delta_bytes > limits::kParametersMax * sizeof(float)) return false;
    Bytes bytes(static_cast<std::size_t>(kept.delta_bytes));
    const auto read = updates_.read(kept.file.slot, kept.file.value(), 0, bytes);
    if (!read && read.error().code != ErrorCode::NotFound) return tl::unexpected(read.error());
    return read && is_checksum_of(checksum, bytes);
}

Result<std::vector<std::uint64_t>> Spool::damaged_accepted() {
    std::vector<std::uint64_t> damaged;
    storage::Statement rows = SKERRY_TRY(database_.prepare(
        "SELECT slot, stamp, bytes, delta_bytes, delta_digest, sequence FROM spool_update WHERE receipt IS NOT NULL "
        "AND slot IS NOT NULL"));
    while (SKERRY_TRY(rows.step())) {
        if (!SKERRY_TRY(is_whole(KeptUpdate::of(rows, 0), rows.blob(4)))) damaged.push_back(rows.uint64(5));
    }
    return damaged;
}

Result<std::size_t> Spool::damaged_deltas() {
    return SKERRY_TRY(damaged_accepted()).size();
}

Result<> Spool::let_go_damaged() {
    const std::vector<std::uint64_t> damaged = SKERRY_TRY(damaged_accepted());
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    for (const std::uint64_t sequence : damaged)
        SKERRY_TRY(database_.run("UPDATE spool_update SET slot = NULL WHERE sequence = ?", sequence));
    return transaction.commit();
}

Result<std::optional<Spool::Kept>> Spool::version_file(std::uint64_t version) {
    storage::Statement find =
        SKERRY_TRY(database_.prepare("SELECT slot, stamp, bytes FROM spool_version WHERE version = ?"));
    if (!SKERRY_TRY(find.bind(version).step())) return std::optional<Kept>();
    return std::optional(Kept{static_cast<SlotFiles::Slot>(find.uint64(0)), find.uint64(1), find.uint64(2)});
}

Result<> Spool::release_unused(Spare spare) {
    for (const auto& [table, files] : {std::pair("spool_version", &versions_), std::pair("spool_update", &updates_)}) {
        std::set<std::uint64_t> used;
        storage::Statement slots =
            SKERRY_TRY(database_.prepare(std::string("SELECT slot FROM ") + table + " WHERE slot IS NOT NULL"));
        while (SKERRY_TRY(slots.step()))
            used.insert(slots.uint64(0));
        if (spare == Spare::Kept) {
            std::uint64_t next = 0;  // as free_slot() chooses
            while (used.contains(next))
                ++next;
            used.insert(next);
        }
        files->release_all_but([&used](SlotFiles::Slot slot) { return used.contains(slot); });
    }
    return {};
}

Result<> Spool::move_into_files() {
    const auto pieces_of = [this](const char* which, std::uint64_t number) -> Result<Bytes> {
        storage::Statement pieces = SKERRY_TRY(database_.prepare(which));
        pieces.bind(number);
        Bytes all;
        while (SKERRY_TRY(pieces.step())) {
            const ByteView piece = pieces.blob_view(0);
            all.insert(all.end(), piece.begin(), piece.end());
        }
        return all;
    };
    storage::Statement versions = SKERRY_TRY(database_.prepare("SELECT DISTINCT version FROM spool_base"));
    while (SKERRY_TRY(versions.step())) {
        const std::uint64_t version = versions.uint64(0);
        const Bytes weights =
            SKERRY_TRY(pieces_of("SELECT bytes FROM spool_base WHERE version = ? ORDER BY piece", version));
        // Of the others nobody knows any more what they were.
        const std::string which = version == SKERRY_TRY(number("installing"))  ? "installing_"
                                  : version == SKERRY_TRY(number("installed")) ? "installed_"
                                                                               : "";
        Bytes manifest, as = stored(PushedAs());
        if (!which.empty()) {
            manifest = SKERRY_TRY(fact(which == "installed_" ? "manifest" : "installing_manifest")).value_or(Bytes());
            as = SKERRY_TRY(fact(which + "as")).value_or(as);
        }
        SKERRY_TRY(write_version(version, weights, crypto::sha256(weights), manifest, as));
    }
    for (const char* key : {"manifest", "installed_as", "installing_manifest", "installing_as"})
        SKERRY_TRY(forget_fact(key));
    storage::Statement updates = SKERRY_TRY(database_.prepare("SELECT sequence, delta FROM spool_update_1"));
    while (SKERRY_TRY(updates.step())) {
        const std::uint64_t sequence = updates.uint64(0);
        const Bytes sealed =
            SKERRY_TRY(pieces_of("SELECT bytes FROM spool_sealed WHERE sequence = ? ORDER BY piece", sequence));
        const KeptUpdate kept = SKERRY_TRY(write_update(updates.blob_view(1), sealed));
        SKERRY_TRY(database_.run(
            "INSERT INTO spool_update SELECT sequence, lease, signed_lease, header, sealed_bytes, "
            "content, signature, receipt, totals_before, ?, ?, ?, ?, ? FROM spool_update_1 WHERE sequence = ?",
            std::uint64_t{kept.file.slot}, kept.file.stamp, kept.file.bytes, kept.delta_bytes,
            checksum_of_delta(updates.blob_view(1)), sequence));
    }
    versions.reset();
    updates.reset();
    return database_.run_script("DROP TABLE spool_sealed; DROP TABLE spool_base; DROP TABLE spool_update_1;");
}

}  // namespace skerry::node
