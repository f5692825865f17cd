#include "coordinator/ledger/sqlite_journal.hpp"

#include <utility>

#include "common/crypto/hash.hpp"
#include "coordinator/ledger/event_codec.hpp"
#include "coordinator/ledger/projections.hpp"
#include "coordinator/ledger/schema.hpp"

namespace skerry::coordinator::ledger {
namespace {

constexpr std::size_t kReplayPage = 1000;

Digest link(const Digest& before, Version version, ByteView body) {
    ByteWriter number;
    number.put(version);
    return crypto::Sha256().update(before).update(number.bytes()).update(body).finish();
}

}  // namespace

Result<SqliteJournal> SqliteJournal::open(const std::filesystem::path& path, storage::OpenOptions options) {
    storage::Database database = SKERRY_TRY(storage::Database::open(path, std::move(options)));
    SKERRY_TRY(database.migrate(kSchema));
    SqliteJournal journal(std::move(database));
    if (SKERRY_TRY(journal.must_rebuild())) SKERRY_TRY(journal.rebuild());
    return journal;
}

Result<SqliteJournal> SqliteJournal::open_beside(const std::filesystem::path& path) {
    return SqliteJournal(SKERRY_TRY(storage::Database::open(path)));
}

Result<Version> SqliteJournal::append(std::string_view stream, Version expected, const Events& events) {
    auto transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    Version version = 0;
    Digest chain{};
    {
        auto last = SKERRY_TRY(
            database_.prepare("SELECT version, chain FROM journal WHERE stream = ? ORDER BY version DESC LIMIT 1"));
        if (SKERRY_TRY(last.bind(stream).step())) {
            version = last.uint64(0);
            chain = SKERRY_TRY(last.array<32>(1));
        }
    }
    if (version != expected) {
        return fail(ErrorCode::Conflict, "the journal is at version " + std::to_string(version) + ", not at " +
                                             std::to_string(expected) + ": another coordinator has written to it");
    }
    for (const Event& event : events) {
        ++version;
        const Bytes body = encode(event);
        chain = link(chain, version, body);
        SKERRY_TRY(
            database_.run("INSERT INTO journal (stream, version, at, kind, body, chain) VALUES (?, ?, ?, ?, ?, ?)",
                          stream, version, time_of(event).time_since_epoch().count(), name_of(event), body, chain));
        SKERRY_TRY(project(database_, {version, event}));
    }
    SKERRY_TRY(transaction.commit());
    return version;
}

Result<std::vector<Recorded>> SqliteJournal::read(std::string_view stream, Version after, std::size_t max) const {
    Digest chain{};
    {
        auto before = SKERRY_TRY(database_.prepare("SELECT chain FROM journal WHERE stream = ? AND version = ?"));
        if (SKERRY_TRY(before.bind(stream, after).step())) chain = before.array<32>(0).value_or(Digest{});
    }
    auto rows = SKERRY_TRY(database_.prepare(
        "SELECT version, body, chain FROM journal WHERE stream = ? AND version > ? ORDER BY version LIMIT ?"));
    rows.bind(stream, after, max);
    std::vector<Recorded> found;
    Version version = after;
    while (SKERRY_TRY(rows.step())) {
        chain = link(chain, ++version, rows.blob_view(1));
        if (rows.uint64(0) != version || rows.array<32>(2).value_or(Digest{}) != chain) {
            return fail(ErrorCode::Internal, "journal entry " + std::to_string(version) +
                                                 " is missing or was changed: restore history.db from a backup");
        }
        auto event = decode(rows.blob_view(1));
        if (!event) {
            return fail(ErrorCode::Internal, "journal entry " + std::to_string(version) + ": " + event.error().message);
        }
        found.push_back({version, *std::move(event)});
    }
    return found;
}

Result<std::optional<Digest>> SqliteJournal::hash_at(Version entry) const {
    auto row = SKERRY_TRY(database_.prepare("SELECT chain FROM journal WHERE stream = ? AND version = ?"));
    if (!SKERRY_TRY(row.bind(kFederationStream, entry).step())) return std::nullopt;
    return SKERRY_TRY(row.array<32>(0));
}

Result<bool> SqliteJournal::must_rebuild() const {
    auto due = SKERRY_TRY(database_.prepare("SELECT 1 FROM rebuild_due"));
    return due.bind().step();
}

Result<> SqliteJournal::rebuild() {
    auto transaction = SKERRY_TRY(storage::Transaction::begin(database_));
    for (const char* const table : kProjections) {
        SKERRY_TRY(database_.run(std::string("DELETE FROM ") + table));
    }
    Version at = 0;
    while (true) {
        const auto page = SKERRY_TRY(read(kFederationStream, at, kReplayPage));
        if (page.empty()) break;
        for (const Recorded& recorded : page)
            SKERRY_TRY(project(database_, recorded));
        at = page.back().version;
    }
    SKERRY_TRY(database_.run("DELETE FROM rebuild_due"));
    return transaction.commit();
}

}  // namespace skerry::coordinator::ledger
