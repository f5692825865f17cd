#include "common/storage/rocks_drafts.hpp"

#include <utility>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "common/storage/rocks_records.hpp"

namespace skerry::storage {
namespace {

// So many at most in memory.
constexpr std::size_t kInMemoryMax = 32;

}  // namespace

RocksDrafts::~RocksDrafts() {
    (void)write_all();  // a crash would have lost no less
}

Result<> RocksDrafts::write_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [name, draft] : drafts_)
        SKERRY_TRY(write(name, draft));
    return {};
}

Result<RocksDrafts::Drafts::iterator> RocksDrafts::find(const Digest& name) {
    if (const auto known = drafts_.find(name); known != drafts_.end()) return known;
    std::string value;
    const rocksdb::Status status = database_.Get(rocksdb::ReadOptions(), draft_key(name), &value);
    if (status.IsNotFound()) return drafts_.end();
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    Draft draft;
    draft.size = draft.written = SKERRY_TRY(size_in(value, name, folder_));
    if (draft.size > kPartBytes) {  // of a program before this one, which had no files for such: it is sent again
        SKERRY_TRY(remove(name, draft.written));
        return drafts_.end();
    }
    return drafts_.emplace(name, std::move(draft)).first;
}

Result<> RocksDrafts::load(const Digest& name, Draft& draft) const {
    if (draft.bytes.size() == draft.size) return {};
    std::string value;
    const rocksdb::Status status = database_.Get(rocksdb::ReadOptions(), part_key(name, 0), &value);
    if (!status.ok() && !status.IsNotFound()) return tl::unexpected<Error>(error_of(status, folder_));
    if (value.size() != draft.size) return damaged(folder_, "draft " + to_hex(name) + " is incomplete");
    draft.bytes = copy_of(bytes_of(value));
    return {};
}

Result<> RocksDrafts::write(const Digest& name, Draft& draft) const {
    if (draft.written < draft.size) {
        rocksdb::WriteBatch batch(draft.bytes.size() + 256);
        rocksdb::Status status = batch.Put(part_key(name, 0), slice_of(draft.bytes));
        if (status.ok()) status = batch.Put(draft_key(name), slice_of(draft.size));
        if (status.ok()) status = database_.Write(rocksdb::WriteOptions(), &batch);
        if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
        draft.written = draft.size;
    }
    draft.bytes = Bytes();
    return {};
}

Result<> RocksDrafts::make_room(const Digest& but) {
    std::size_t in_memory = 0;
    auto oldest = drafts_.end();
    for (auto one = drafts_.begin(); one != drafts_.end(); ++one) {
        if (one->second.bytes.empty() || one->first == but) continue;
        ++in_memory;
        if (oldest == drafts_.end() || one->second.touched < oldest->second.touched) oldest = one;
    }
    if (in_memory < kInMemoryMax) return {};
    return write(oldest->first, oldest->second);
}

Result<> RocksDrafts::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    const std::lock_guard lock(mutex_);
    auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) found = drafts_.emplace(name, Draft{}).first;
    Draft& draft = found->second;
    SKERRY_ASSERT(offset <= draft.size && bytes.size() <= kPartBytes - offset);
    if (draft.size - offset >= bytes.size()) return {};
    bytes = bytes.subspan(static_cast<std::size_t>(draft.size - offset));
    draft.touched = ++touches_;
    SKERRY_TRY(load(name, draft));
    draft.bytes.insert(draft.bytes.end(), bytes.begin(), bytes.end());
    draft.size = draft.bytes.size();
    return make_room(name);
}

Result<std::optional<std::uint64_t>> RocksDrafts::size(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return std::nullopt;
    return found->second.size;
}

Result<std::optional<Bytes>> RocksDrafts::read(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return std::nullopt;
    Draft& draft = found->second;
    if (draft.bytes.size() == draft.size) return draft.bytes;
    SKERRY_TRY(load(name, draft));
    return std::exchange(draft.bytes, {});
}

Result<> RocksDrafts::finish(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return fail(ErrorCode::NotFound, "no draft " + to_hex(name));
    const Draft& draft = found->second;
    rocksdb::WriteBatch batch(draft.bytes.size() + 512);
    rocksdb::Status status;
    if (draft.written < draft.size) status = batch.Put(part_key(name, 0), slice_of(draft.bytes));
    if (status.ok()) status = batch.Put(slice_of(name), slice_of(draft.size));
    if (status.ok() && draft.written > 0) status = batch.Delete(draft_key(name));
    if (status.ok()) status = database_.Write(durably(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    drafts_.erase(found);
    return {};
}

Result<std::uint64_t> RocksDrafts::drop(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return 0;
    const std::uint64_t written = found->second.written;
    if (written > 0) SKERRY_TRY(remove(name, written));
    drafts_.erase(found);
    return written;
}

Result<> RocksDrafts::remove(const Digest& name, std::uint64_t written) const {
    rocksdb::WriteBatch batch;
    rocksdb::Status status = batch.Delete(draft_key(name));
    for (std::uint64_t part = 0; part < parts_of(written) && status.ok(); ++part)
        status = batch.Delete(part_key(name, part));
    if (status.ok()) status = database_.Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return {};
}

}  // namespace skerry::storage
