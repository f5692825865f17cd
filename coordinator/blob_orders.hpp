#pragma once

#include "common/storage/blob_store.hpp"
#include "coordinator/actions.hpp"
#include "coordinator/draft_hashes.hpp"
#include "coordinator/federation.hpp"
#include "coordinator/ledger/needed_blobs.hpp"

/// The shell's side of what lies in the blob store: the same for every shell.
namespace skerry::coordinator {

/// KeepPiece, StoreBlob or DropDraft.
[[nodiscard]] bool is_blob_order(const Action& action);

/// Performs one of those, and notes what it makes of the draft's hash. Fails as the store does.
[[nodiscard]] Result<> perform_blob_order(const Action& action, storage::BlobStore& blobs, DraftHashes& hashes);

/// At a start, after the journal and before anything is written: erases each blob that neither the history nor a
/// version that is offered needs. A blob comes before its entry in the journal, and goes after it: a process that ends
/// in between, or whose disk fails then, leaves one that nobody will ask for. How many there were.
[[nodiscard]] Result<std::size_t> erase_strays(const Federation& core, const ledger::NeededBlobs& needed,
                                               storage::BlobStore& blobs);

/// At a start, after the journal: tells the core of each draft that was left, and drops those that are of no use to it.
[[nodiscard]] Result<> restore_drafts(Federation& core, storage::BlobStore& blobs);

}  // namespace skerry::coordinator
