#pragma once

#include "common/storage/blob_store.hpp"
#include "coordinator/actions.hpp"
#include "coordinator/federation.hpp"

/// The shell's side of what the core orders of drafts: the same for every shell.
namespace skerry::coordinator {

/// KeepPiece, StoreBlob or DropDraft.
[[nodiscard]] bool is_blob_order(const Action& action);

/// Performs one of those. Fails as the store does.
[[nodiscard]] Result<> perform_blob_order(const Action& action, storage::BlobStore& blobs);

/// At a start, after the journal: tells the core of each draft that was left, and drops those that are of no use to it.
[[nodiscard]] Result<> restore_drafts(Federation& core, storage::BlobStore& blobs);

}  // namespace skerry::coordinator
