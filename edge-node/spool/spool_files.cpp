#include <array>

#include "common/crypto/hash.hpp"
#include "common/crypto/random.hpp"
#include "edge-node/spool/spool.hpp"
#include "edge-node/spool/stored_values.hpp"

// What is as long as the model lies in files; the rows say where.
namespace skerry::node {

using storage::SlotFiles;

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

Result<> Spool::write_version(std::uint64_t version, ByteView weights, ByteView manifest, ByteView as) {
    const Kept kept = SKERRY_TRY(free_slot("spool_version", weights.size()));
    SKERRY_TRY(versions_.write(kept.slot, kept.value(), std::array{weights}));
    return database_.run(
        "INSERT OR REPLACE INTO spool_version (version, slot, stamp, bytes, digest, manifest, pushed_as) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        version, std::uint64_t{kept.slot}, kept.stamp, kept.bytes, crypto::sha256(weights), manifest, as);
}

Result<Spool::KeptUpdate> Spool::write_update(ByteView delta, ByteView sealed) {
    const Kept file = SKERRY_TRY(free_slot("spool_update", delta.size() + sealed.size()));
    SKERRY_TRY(updates_.write(file.slot, file.value(), std::array{delta, sealed}));
    return KeptUpdate{file, delta.size()};
}

Result<std::optional<Spool::Kept>> Spool::version_file(std::uint64_t version) {
    storage::Statement find =
        SKERRY_TRY(database_.prepare("SELECT slot, stamp, bytes FROM spool_version WHERE version = ?"));
    if (!SKERRY_TRY(find.bind(version).step())) return std::optional<Kept>();
    return std::optional(Kept{static_cast<SlotFiles::Slot>(find.uint64(0)), find.uint64(1), find.uint64(2)});
}

Result<> Spool::release_unused() {
    for (const auto& [table, files] : {std::pair("spool_version", &versions_), std::pair("spool_update", &updates_)}) {
        std::vector<bool> used;
        storage::Statement slots = SKERRY_TRY(
            database_.prepare(std::string("SELECT slot FROM ") + table + " WHERE slot IS NOT NULL ORDER BY slot"));
        while (SKERRY_TRY(slots.step())) {
            used.resize(slots.uint64(0) + 1);
            used.back() = true;
        }
        files->release_all_but([&used](SlotFiles::Slot slot) { return slot < used.size() && used[slot]; });
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
        SKERRY_TRY(write_version(version, weights, manifest, as));
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
            "content, signature, receipt, totals_before, ?, ?, ?, ? FROM spool_update_1 WHERE sequence = ?",
            std::uint64_t{kept.file.slot}, kept.file.stamp, kept.file.bytes, kept.delta_bytes, sequence));
    }
    versions.reset();
    updates.reset();
    return database_.run_script("DROP TABLE spool_sealed; DROP TABLE spool_base; DROP TABLE spool_update_1;");
}

}  // namespace skerry::node
