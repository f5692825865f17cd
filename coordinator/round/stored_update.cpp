#include "coordinator/round/stored_update.hpp"

#include <algorithm>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/messages.hpp"

namespace skerry::coordinator {

Result<Digest> hash_of(const storage::BlobStore& blobs, const Digest& name, std::uint64_t bytes) {
    crypto::Sha256 hash;
    for (std::uint64_t at = 0; at < bytes; at += limits::kChunkBytes) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(limits::kChunkBytes, bytes - at));
        hash.update(SKERRY_TRY(blobs.read_unchecked(name, at, count)));
    }
    return hash.finish();
}

Result<StoredUpdate> find_update(const storage::BlobStore& blobs, const Digest& content) {
    StoredUpdate update;
    const std::uint64_t size = SKERRY_TRY(blobs.size(content));
    if (size < wire::kUpdateHeaderBytes + update.signature.size()) {
        return fail(ErrorCode::InvalidInput, "it is too short");
    }
    const std::uint64_t end = size - update.signature.size();  // a content names what is signed, not who signs
    update.header = SKERRY_TRY(blobs.get_range(content, 0, wire::kUpdateHeaderBytes));
    update.sealed_bytes = end - wire::kUpdateHeaderBytes;
    std::ranges::copy(SKERRY_TRY(blobs.get_range(content, end, update.signature.size())), update.signature.begin());
    return update;
}

Result<StoredUpdate> find_and_hash_update(const storage::BlobStore& blobs, const Digest& content) {
    StoredUpdate update = SKERRY_TRY(find_update(blobs, content));
    if (SKERRY_TRY(hash_of(blobs, content, update.header.size() + update.sealed_bytes)) != content) {
        return fail(ErrorCode::InvalidInput, "its hash is another");
    }
    return update;
}

}  // namespace skerry::coordinator
