#include "edge-node/spool/spool.hpp"

#include <utility>

#include "edge-node/spool/stored_values.hpp"

namespace skerry::node {

namespace {

// One database holds these tables and feedback's, whose user_version counts theirs; ours is a fact.
// 3 has checksums of 8 bytes in delta_digest, where 2 has SHA-256.
constexpr std::uint64_t kSchema = 3;
constexpr std::uint64_t kAllInTheDatabase = 1;
constexpr const char* kFacts = R"(
CREATE TABLE IF NOT EXISTS spool_fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
)";
// An update without a slot has a receipt, and nothing of it is progress any more (Spool::finish_rollback).
constexpr const char* kTables = R"(
CREATE TABLE IF NOT EXISTS spool_version (
    version INTEGER PRIMARY KEY, slot INTEGER NOT NULL UNIQUE, stamp INTEGER NOT NULL, bytes INTEGER NOT NULL,
    digest BLOB NOT NULL, manifest BLOB NOT NULL, pushed_as BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS spool_update (
    sequence INTEGER PRIMARY KEY, lease BLOB NOT NULL, signed_lease BLOB NOT NULL, header BLOB NOT NULL,
    sealed_bytes INTEGER NOT NULL, content BLOB NOT NULL, signature BLOB NOT NULL, receipt BLOB,
    totals_before BLOB NOT NULL, slot INTEGER UNIQUE, stamp INTEGER NOT NULL, bytes INTEGER NOT NULL,
    delta_bytes INTEGER NOT NULL, delta_digest BLOB NOT NULL);
)";

std::filesystem::path beside(std::filesystem::path database, const char* what) {
    database += what;
    return database;
}

}  // namespace

Result<wire::SignedBytes> signed_bytes_of(ByteView bytes_stored) {
    ByteReader reader(bytes_stored);
    wire::SignedBytes bytes;
    bytes.signature = reader.get_array<64>();
    if (!reader.ok())
        return fail(ErrorCode::Internal, "a signed record in node.db is cut off: restore the node's folder");
    bytes.body = copy_of(reader.get_bytes(reader.remaining()));
    return bytes;
}

Bytes stored(const PushedAs& as) {
    return ByteWriter().put(static_cast<std::uint8_t>(as.encoding)).put(as.error).bytes();
}

Result<PushedAs> pushed_as_of(ByteView bytes_stored) {
    ByteReader reader(bytes_stored);
    const auto encoding = reader.get<std::uint8_t>();
    const auto error = reader.get<float>();
    if (!reader.finished() || encoding >= kWeightEncodings) {
        return fail(ErrorCode::Internal,
                    "what the version in node.db was pushed as is cut off: restore the node's folder");
    }
    return PushedAs{static_cast<WeightEncoding>(encoding), error};
}

Spool::Spool(storage::Database database, const std::filesystem::path& path,
             const std::shared_ptr<storage::Folder>& folder)
    : database_(std::move(database)),
      versions_(beside(path, "-version"), folder),
      updates_(beside(path, "-update"), folder) {}

void Spool::forget_disk_full() {
    database_.forget_disk_full();
    versions_.forget_disk_full();
    updates_.forget_disk_full();
}

Result<Spool> Spool::open(const std::filesystem::path& path, const Disk& disk) {
    Spool spool(SKERRY_TRY(storage::Database::open(path, disk.database)), path, disk.folder);
    SKERRY_TRY(spool.database_.settle());
    const auto schema = spool.upgrade();
    if (!schema) return tl::unexpected(schema.error());
    if (*schema > kSchema) {
        return fail(ErrorCode::VersionMismatch,
                    path.string() + " was written by a newer skerry-node: install that version again");
    }
    // What lay in the database leaves room there; to have none for that is no reason to end.
    if (*schema == kAllInTheDatabase) static_cast<void>(spool.database_.run_script("VACUUM"));
    return spool;
}

Result<std::uint64_t> Spool::upgrade() {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    SKERRY_TRY(database_.run_script(kFacts));
    const std::uint64_t schema = SKERRY_TRY(number("schema"));
    if (schema > kSchema) return schema;
    if (schema == kAllInTheDatabase)
        SKERRY_TRY(database_.run_script("ALTER TABLE spool_update RENAME TO spool_update_1"));
    SKERRY_TRY(database_.run_script(kTables));
    if (schema == kAllInTheDatabase) {
        // A full disk needs the room of what was moved in vain.
        if (const auto moved = move_into_files(); !moved) {
            for (storage::SlotFiles* const files : {&versions_, &updates_})
                files->release_all_but([](storage::SlotFiles::Slot) { return false; });
            return tl::unexpected(moved.error());
        }
    }
    if (schema < kSchema) SKERRY_TRY(put_number("schema", kSchema));
    SKERRY_TRY(transaction.commit());
    return schema;
}

Result<std::optional<Bytes>> Spool::fact(std::string_view key) {
    storage::Statement find = SKERRY_TRY(database_.prepare("SELECT value FROM spool_fact WHERE key = ?"));
    if (!SKERRY_TRY(find.bind(key).step())) return std::optional<Bytes>();
    return std::optional<Bytes>(find.blob(0));
}

Result<wire::SignedBytes> Spool::signed_fact(std::string_view key) {
    const std::optional<Bytes> value = SKERRY_TRY(fact(key));
    return value ? signed_bytes_of(*value) : wire::SignedBytes();
}

Result<std::uint64_t> Spool::number(std::string_view key) {
    const std::optional<Bytes> value = SKERRY_TRY(fact(key));
    return value ? ByteReader(*value).get<std::uint64_t>() : 0;
}

Result<> Spool::put_fact(std::string_view key, ByteView value) {
    return database_.run("INSERT OR REPLACE INTO spool_fact (key, value) VALUES (?, ?)", key, value);
}

Result<> Spool::put_number(std::string_view key, std::uint64_t value) {
    return put_fact(key, ByteWriter().put(value).bytes());
}

Result<> Spool::forget_fact(std::string_view key) {
    return database_.run("DELETE FROM spool_fact WHERE key = ?", key);
}

Result<std::optional<Enrolment>> Spool::enrolment() {
    const std::optional<Bytes> root = SKERRY_TRY(fact("root"));
    if (!root) return std::optional<Enrolment>();
    Enrolment enrolment;
    enrolment.root.value = SKERRY_TRY(exactly<32>(*root, "the pinned root key in node.db"));
    for (const auto& [key, text] : {std::pair("name", &enrolment.name), std::pair("model", &enrolment.model),
                                    std::pair("fleet_endpoint", &enrolment.fleet_endpoint)}) {
        const std::optional<Bytes> value = SKERRY_TRY(fact(key));
        if (value) *text = text_of(*value);
    }
    enrolment.keys = SKERRY_TRY(signed_fact("keys"));
    enrolment.certificate = SKERRY_TRY(signed_fact("certificate"));
    return std::optional<Enrolment>(std::move(enrolment));
}

Result<> Spool::enrol(const Enrolment& enrolment) {
    storage::Transaction transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    SKERRY_TRY(put_fact("root", enrolment.root.value));
    SKERRY_TRY(put_fact("name", bytes_of(enrolment.name)));
    SKERRY_TRY(put_fact("model", bytes_of(enrolment.model)));
    SKERRY_TRY(put_fact("fleet_endpoint", bytes_of(enrolment.fleet_endpoint)));
    SKERRY_TRY(put_fact("keys", stored(enrolment.keys)));
    SKERRY_TRY(put_fact("certificate", stored(enrolment.certificate)));
    return transaction.commit();
}

Result<> Spool::keep_keys(const wire::SignedBytes& keys) {
    return put_fact("keys", stored(keys));
}
Result<> Spool::keep_certificate(const wire::SignedBytes& certificate) {
    return put_fact("certificate", stored(certificate));
}

Result<DurableState> Spool::load() {
    DurableState state;
    state.keys = SKERRY_TRY(signed_fact("keys"));
    state.certificate = SKERRY_TRY(signed_fact("certificate"));
    state.installed = ModelVersion{SKERRY_TRY(number("installed"))};
    {
        storage::Statement find =
            SKERRY_TRY(database_.prepare("SELECT manifest, pushed_as FROM spool_version WHERE version = ?"));
        if (SKERRY_TRY(find.bind(state.installed.value).step()) && !find.blob_view(0).empty()) {
            state.manifest = SKERRY_TRY(signed_bytes_of(find.blob_view(0)));
            state.installed_as = SKERRY_TRY(pushed_as_of(find.blob_view(1)));
        }
    }
    state.next_sequence = Sequence{SKERRY_TRY(number("last_sequence"))}.next();
    storage::Statement rows = SKERRY_TRY(database_.prepare(
        "SELECT sequence, lease, signed_lease, header, sealed_bytes, content, signature, receipt FROM spool_update "
        "ORDER BY sequence"));
    while (SKERRY_TRY(rows.step())) {
        SpooledUpdate update;
        update.sequence = Sequence{rows.uint64(0)};
        update.lease = LeaseId{SKERRY_TRY(rows.array<16>(1))};
        update.signed_lease = SKERRY_TRY(signed_bytes_of(rows.blob_view(2)));
        update.header = rows.blob(3);
        update.sealed_bytes = rows.uint64(4);
        update.content = SKERRY_TRY(rows.array<32>(5));
        update.signature = SKERRY_TRY(rows.array<64>(6));
        update.accepted = !rows.is_null(7);
        state.spool.push_back(std::move(update));
    }
    return state;
}

}  // namespace skerry::node
