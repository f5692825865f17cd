#pragma once

#include <string>

#include "common/storage/blob_store.hpp"
#include "coordinator/ledger/needed_blobs.hpp"

namespace skerry::coordinator {

/// A sentence about a blob that the history needs and that is missing, unreadable or damaged, and what to do; empty: it
/// is there, its bytes hash to its name, and an update is signed by its node. Memory: a chunk.
[[nodiscard]] std::string problem_of(const storage::BlobStore& blobs, const Digest& name,
                                     const ledger::NeededBlobs::Blob& needed);

}  // namespace skerry::coordinator
