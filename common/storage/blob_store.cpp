#include "common/storage/blob_store.hpp"

#include <string>

namespace skerry::storage {

namespace {
tl::unexpected<Error> no_blob(const Digest& name) {
    return fail(ErrorCode::NotFound, "no blob " + to_hex(name));
}
}  // namespace

Result<> BlobStore::check_range(const Digest& name, std::uint64_t size, std::uint64_t offset, std::size_t count) {
    if (offset <= size && count <= size - offset) return {};
    return fail(ErrorCode::InvalidInput, "bytes " + std::to_string(offset) + " to " + std::to_string(offset) + "+" +
                                             std::to_string(count) + " lie outside blob " + to_hex(name) + " of " +
                                             std::to_string(size) + " bytes");
}

Result<> MemoryBlobStore::put(const Digest& name, ByteView blob) {
    const std::lock_guard lock(mutex_);
    blobs_.try_emplace(name, copy_of(blob));
    return {};
}

Result<Bytes> MemoryBlobStore::get(const Digest& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) return no_blob(name);
    return found->second;
}

Result<Bytes> MemoryBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) return no_blob(name);
    SKERRY_TRY(check_range(name, found->second.size(), offset, count));
    return copy_of(ByteView(found->second).subspan(static_cast<std::size_t>(offset), count));
}

Result<std::uint64_t> MemoryBlobStore::size(const Digest& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) return no_blob(name);
    return found->second.size();
}

Result<bool> MemoryBlobStore::has(const Digest& name) const {
    const std::lock_guard lock(mutex_);
    return blobs_.contains(name);
}

Result<> MemoryBlobStore::erase(const Digest& name) {
    const std::lock_guard lock(mutex_);
    blobs_.erase(name);
    return {};
}

Result<std::vector<Digest>> MemoryBlobStore::names() const {
    const std::lock_guard lock(mutex_);
    std::vector<Digest> found;
    for (const auto& [name, blob] : blobs_)
        found.push_back(name);
    return found;
}

}  // namespace skerry::storage
