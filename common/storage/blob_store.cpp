#include "common/storage/blob_store.hpp"

#include <algorithm>
#include <string>

namespace skerry::storage {

namespace {
tl::unexpected<Error> no_blob(const Digest& name) {
    return fail(ErrorCode::NotFound, "no blob " + to_hex(name));
}

std::vector<Digest> names_of(const std::map<Digest, Bytes>& blobs) {
    std::vector<Digest> names;
    names.reserve(blobs.size());
    for (const auto& [name, blob] : blobs)
        names.push_back(name);
    return names;
}
}  // namespace

Result<> BlobStore::check_range(const Digest& name, std::uint64_t size, std::uint64_t offset, std::size_t count) {
    if (offset <= size && count <= size - offset) return {};
    return fail(ErrorCode::InvalidInput, "bytes " + std::to_string(offset) + " to " + std::to_string(offset) + "+" +
                                             std::to_string(count) + " lie outside blob " + to_hex(name) + " of " +
                                             std::to_string(size) + " bytes");
}

Result<> BlobStore::check_no_hole(const Digest& name, std::uint64_t size, std::uint64_t offset) {
    if (offset <= size) return {};
    return fail(ErrorCode::InvalidInput, "draft " + to_hex(name) + " has " + std::to_string(size) +
                                             " bytes: nothing can begin at " + std::to_string(offset));
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

Result<Bytes> MemoryBlobStore::range_of(const Blobs& all, const Digest& name, std::uint64_t offset, std::size_t count) {
    const auto found = all.find(name);
    if (found == all.end()) return no_blob(name);
    SKERRY_TRY(check_range(name, found->second.size(), offset, count));
    return copy_of(ByteView(found->second).subspan(static_cast<std::size_t>(offset), count));
}

Result<Bytes> MemoryBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    const std::lock_guard lock(mutex_);
    return range_of(blobs_, name, offset, count);
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
    return names_of(blobs_);
}

Result<> MemoryBlobStore::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    const std::lock_guard lock(mutex_);
    if (blobs_.contains(name)) return {};
    Bytes& draft = drafts_[name];
    SKERRY_TRY(check_no_hole(name, draft.size(), offset));
    const std::uint64_t there = std::min<std::uint64_t>(draft.size() - offset, bytes.size());
    draft.insert(draft.end(), bytes.begin() + static_cast<std::ptrdiff_t>(there), bytes.end());
    return {};
}

Result<std::uint64_t> MemoryBlobStore::drafted(const Digest& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    return found == drafts_.end() ? 0 : found->second.size();
}

Result<Bytes> MemoryBlobStore::read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const {
    const std::lock_guard lock(mutex_);
    return range_of(drafts_.contains(name) ? drafts_ : blobs_, name, offset, count);
}

Result<> MemoryBlobStore::finish(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    if (found == drafts_.end()) return blobs_.contains(name) ? Result<>() : no_blob(name);
    blobs_.try_emplace(name, std::move(found->second));
    drafts_.erase(found);
    return {};
}

Result<> MemoryBlobStore::drop(const Digest& name) {
    const std::lock_guard lock(mutex_);
    drafts_.erase(name);
    return {};
}

Result<std::vector<Digest>> MemoryBlobStore::drafts() const {
    const std::lock_guard lock(mutex_);
    return names_of(drafts_);
}

void MemoryBlobStore::cut_draft(const Digest& name, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    if (found == drafts_.end() || found->second.size() <= bytes) return;
    found->second.resize(static_cast<std::size_t>(bytes));
    if (bytes == 0) drafts_.erase(found);
}

}  // namespace skerry::storage
