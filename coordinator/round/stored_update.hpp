#pragma once

#include "common/storage/blob_store.hpp"

namespace skerry::coordinator {

/// A sealed update where it lies (wire::SealedUpdate::blob()), what was sealed left unread.
struct StoredUpdate {
    Bytes header;
    std::uint64_t sealed_bytes = 0;  ///< behind the header
    ByteArray<64> signature{};       ///< over the content; not verified
};

/// Its content is not looked at. InvalidInput: it is damaged, and how. Else what the store fails with.
[[nodiscard]] Result<StoredUpdate> find_update(const storage::BlobStore& blobs, const Digest& content);
/// Reads it once, chunk by chunk, and compares its hash. Memory: a chunk. Errors: find_update().
[[nodiscard]] Result<StoredUpdate> find_and_hash_update(const storage::BlobStore& blobs, const Digest& content);

/// SHA-256 of the first `bytes` of a blob, read chunk by chunk. Fails as the store does.
[[nodiscard]] Result<Digest> hash_of(const storage::BlobStore& blobs, const Digest& name, std::uint64_t bytes);

}  // namespace skerry::coordinator
