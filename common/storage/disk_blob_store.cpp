#include "common/storage/disk_blob_store.hpp"

#include <algorithm>
#include <iterator>

namespace skerry::storage {
namespace {

std::vector<Digest> united(const std::vector<Digest>& some, const std::vector<Digest>& others) {
    std::vector<Digest> all;
    all.reserve(some.size() + others.size());
    std::ranges::set_union(some, others, std::back_inserter(all));
    return all;
}

}  // namespace

Result<std::unique_ptr<DiskBlobStore>> DiskBlobStore::open(const std::filesystem::path& folder) {
    auto small = SKERRY_TRY(RocksBlobStore::open(folder));
    auto large = SKERRY_TRY(FileBlobStore::open(folder / "large"));
    return std::unique_ptr<DiskBlobStore>(new DiskBlobStore(std::move(small), std::move(large)));
}

Result<const BlobStore*> DiskBlobStore::holder(const Digest& name) const {
    return SKERRY_TRY(large_->has(name)) ? static_cast<const BlobStore*>(large_.get()) : small_.get();
}

Result<const BlobStore*> DiskBlobStore::draft_holder(const Digest& name) const {
    if (SKERRY_TRY(large_->has(name)) || SKERRY_TRY(large_->drafted(name)) > 0) return large_.get();
    return small_.get();
}

Result<> DiskBlobStore::put(const Digest& name, ByteView blob) {
    if (blob.size() < kLargeBytes) return small_->put(name, blob);
    if (SKERRY_TRY(small_->has(name))) return {};
    return large_->put(name, blob);
}

Result<Bytes> DiskBlobStore::get(const Digest& name) const {
    return SKERRY_TRY(holder(name))->get(name);
}

Result<Bytes> DiskBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    return SKERRY_TRY(holder(name))->get_range(name, offset, count);
}

Result<std::uint64_t> DiskBlobStore::size(const Digest& name) const {
    return SKERRY_TRY(holder(name))->size(name);
}

Result<bool> DiskBlobStore::has(const Digest& name) const {
    return SKERRY_TRY(holder(name))->has(name);
}

Result<> DiskBlobStore::erase(const Digest& name) {
    SKERRY_TRY(large_->erase(name));
    return small_->erase(name);
}

Result<std::vector<Digest>> DiskBlobStore::names() const {
    return united(SKERRY_TRY(small_->names()), SKERRY_TRY(large_->names()));
}

Result<> DiskBlobStore::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    if (SKERRY_TRY(large_->drafted(name)) > 0) return large_->append(name, offset, bytes);
    const std::uint64_t before = SKERRY_TRY(small_->drafted(name));
    if (before == 0 && SKERRY_TRY(has(name))) return {};
    SKERRY_TRY(check_no_hole(name, before, offset));
    const bool grows = bytes.size() > before - offset;
    if (!grows || offset + bytes.size() < kLargeBytes) return small_->append(name, offset, bytes);
    if (before > 0) {
        SKERRY_TRY(large_->append(name, 0, SKERRY_TRY(small_->read_draft(name, 0, static_cast<std::size_t>(before)))));
    }
    SKERRY_TRY(large_->append(name, offset, bytes));
    return small_->drop(name);
}

Result<std::uint64_t> DiskBlobStore::drafted(const Digest& name) const {
    const std::uint64_t large = SKERRY_TRY(large_->drafted(name));
    return large > 0 ? large : SKERRY_TRY(small_->drafted(name));
}

Result<Bytes> DiskBlobStore::read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const {
    return SKERRY_TRY(draft_holder(name))->read_draft(name, offset, count);
}

Result<Bytes> DiskBlobStore::read_unchecked(const Digest& name, std::uint64_t offset, std::size_t count) const {
    return SKERRY_TRY(draft_holder(name))->read_unchecked(name, offset, count);
}

Result<> DiskBlobStore::finish(const Digest& name) {
    if (SKERRY_TRY(large_->drafted(name)) == 0) {
        return SKERRY_TRY(large_->has(name)) ? Result<>() : small_->finish(name);
    }
    SKERRY_TRY(large_->finish(name));
    return small_->drop(name);  // what a crash left while it moved
}

Result<> DiskBlobStore::drop(const Digest& name) {
    SKERRY_TRY(large_->drop(name));
    return small_->drop(name);
}

Result<std::vector<Digest>> DiskBlobStore::drafts() const {
    return united(SKERRY_TRY(small_->drafts()), SKERRY_TRY(large_->drafts()));
}

}  // namespace skerry::storage
