#include "coordinator/service/repair.hpp"

#include "common/crypto/hash.hpp"
#include "common/storage/rocks_blob_store.hpp"
#include "common/wire/sealed_update.hpp"
#include "coordinator/ledger/needed_blobs.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"

namespace skerry::coordinator {
namespace {

using Needed = ledger::NeededBlobs::Blob;

constexpr std::size_t kJournalPage = 1000;

bool is_named_by(const Digest& name, ByteView bytes, Needed::Kind kind) {
    if (kind == Needed::Kind::Weights) return crypto::sha256(bytes) == name;
    const auto update = wire::SealedUpdate::from_blob(bytes);
    return update && update->content == name;
}

std::string problem_of(const storage::BlobStore& blobs, const Digest& name, const Needed& needed) {
    const auto blob = blobs.get(name);
    const auto sentence = [&](const std::string& state) {
        return needed.what + " (" + to_hex(name) + ") " + state + ": restore blobs/ from a backup of the same day";
    };
    if (!blob && blob.error().code == ErrorCode::NotFound) return sentence("is missing");
    if (!blob) return sentence("cannot be read (" + blob.error().message + ")");
    return is_named_by(name, *blob, needed.kind) ? std::string() : sentence("is damaged");
}

}  // namespace

Result<Repaired> repair(const Directory& directory) {
    const auto held = SKERRY_TRY(lock(directory));
    SKERRY_TRY(check_history(directory));
    auto journal = SKERRY_TRY(ledger::SqliteJournal::open(directory.history()));
    Repaired result;
    ledger::NeededBlobs needed;
    while (true) {
        const auto page = SKERRY_TRY(journal.read(ledger::kFederationStream, result.entries, kJournalPage));
        if (page.empty()) break;
        for (const ledger::Recorded& recorded : page)
            needed.apply(recorded.event);
        result.entries = page.back().version;
    }
    if (result.entries == 0) return damaged_history(directory, "it holds no federation");
    SKERRY_TRY(journal.rebuild());
    const auto blobs = SKERRY_TRY(storage::RocksBlobStore::open(directory.blobs()));
    result.blobs = needed.all().size();
    for (const auto& [name, blob] : needed.all()) {
        std::string problem = problem_of(*blobs, name, blob);
        if (!problem.empty()) result.problems.push_back(std::move(problem));
    }
    return result;
}

}  // namespace skerry::coordinator
