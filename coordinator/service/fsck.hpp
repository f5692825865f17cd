#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "common/storage/blob_store.hpp"
#include "coordinator/ledger/chain.hpp"
#include "coordinator/service/directory.hpp"

namespace skerry::coordinator {

/// What fsck() has found, in sentences that say what to do.
struct Findings {
    ledger::Version entries = 0;  ///< of the journal, proven by its chain
    Digest head{};                ///< of the last of them
    std::uint64_t updates = 0;    ///< accepted, whose receipts were checked
    ModelVersion newest;          ///< of the journal
    std::uint64_t versions = 0;   ///< whose manifests were checked
    std::uint64_t blobs = 0;      ///< that the history needs, all of which were read
    std::vector<std::string> problems;
    std::uint64_t more = 0;          ///< problems beyond those
    std::vector<std::string> notes;  ///< harmless, or what could not be looked at
    std::vector<Digest> strays;      ///< blobs that nothing needs: harmless

    [[nodiscard]] bool clean() const { return problems.empty(); }
    void problem(std::string sentence);
};

struct FsckSources {
    std::filesystem::path history;
    std::filesystem::path scratch;  ///< a file to make the tables anew in; removed at the end
    const storage::BlobStore* blobs = nullptr;
    crypto::VerifyKey signing;
    ledger::Version noted = 0;             ///< how far the journal has ever come, if that is known
    std::uint64_t spare_bytes = 64 << 20;  ///< that must stay free on the disk: a coordinator ends when it is full
};

/// Checks every invariant of the history and of the blobs beside it: the journal's chain is whole; each update is
/// counted at most once, by a round that was published, each lease spent at most once, by a receipt that this
/// coordinator signed; versions follow each other, with a signed manifest that names who was counted; the tables say
/// what the journal says; each blob that is needed is there and sound.
/// Beside a coordinator that runs, on a thread of its own: it reads through a connection of its own and looks again at
/// what has changed meanwhile. Changes nothing. Memory: a page of entries, 250 bytes a needed blob, one blob. Disk:
/// as much as history.db at most, as long as it runs.
/// Unavailable: stopped, history.db cannot be read, or the disk has no room for this.
[[nodiscard]] Result<Findings> fsck(const FsckSources& sources, const ledger::StopFlag& stop);

/// The same on a directory on which no coordinator runs. NotFound, PermissionDenied, Conflict: as of repair().
[[nodiscard]] Result<Findings> fsck(const Directory& directory);

/// What a check that was killed has left.
void remove_scratch(const std::filesystem::path& scratch);

/// A note about strays, when there are any.
void note_strays(Findings& findings);

}  // namespace skerry::coordinator
