#include "common/storage/rocks_drafts.hpp"

#include <algorithm>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "common/storage/rocks_records.hpp"

namespace skerry::storage {
namespace {

// Of mebibytes that are not full: so many at most in memory.
constexpr std::size_t kTailsMax = 32;

}  // namespace

RocksDrafts::~RocksDrafts() {
    (void)write_tails();  // a crash would have lost no less
}

Result<> RocksDrafts::write_tails() {
    const std::lock_guard lock(mutex_);
    for (auto& [name, draft] : drafts_)
        SKERRY_TRY(write_tail(name, draft));
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
    return drafts_.emplace(name, std::move(draft)).first;
}

Result<> RocksDrafts::load_tail(const Digest& name, Draft& draft) const {
    const std::size_t count = draft.size % kPartBytes;
    if (draft.tail.size() == count) return {};
    std::string value;
    const rocksdb::Status status =
        database_.Get(rocksdb::ReadOptions(), part_key(name, draft.size / kPartBytes), &value);
    if (!status.ok() && !status.IsNotFound()) return tl::unexpected<Error>(error_of(status, folder_));
    if (value.size() != count) return damaged(folder_, "draft " + to_hex(name) + " is incomplete");
    const ByteView bytes = bytes_of(value);
    draft.tail.assign(bytes.begin(), bytes.end());
    return {};
}

// The part that is not full, as it is.
Result<> RocksDrafts::write_tail(const Digest& name, Draft& draft) const {
    if (draft.written < draft.size) {
        rocksdb::WriteBatch batch(draft.tail.size() + 256);
        rocksdb::Status status = batch.Put(part_key(name, draft.size / kPartBytes), slice_of(draft.tail));
        if (status.ok()) status = batch.Put(draft_key(name), slice_of(draft.size));
        if (status.ok()) status = database_.Write(rocksdb::WriteOptions(), &batch);
        if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
        draft.written = draft.size;
    }
    draft.tail = Bytes();
    return {};
}

Result<> RocksDrafts::make_room(const Digest& but) {
    std::size_t tails = 0;
    auto oldest = drafts_.end();
    for (auto one = drafts_.begin(); one != drafts_.end(); ++one) {
        if (one->second.tail.empty() || one->first == but) continue;
        ++tails;
        if (oldest == drafts_.end() || one->second.touched < oldest->second.touched) oldest = one;
    }
    if (tails < kTailsMax) return {};
    return write_tail(oldest->first, oldest->second);
}

Result<> RocksDrafts::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    const std::lock_guard lock(mutex_);
    auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) found = drafts_.emplace(name, Draft{}).first;
    Draft& draft = found->second;
    SKERRY_ASSERT(offset <= draft.size);
    if (draft.size - offset >= bytes.size()) return {};
    bytes = bytes.subspan(static_cast<std::size_t>(draft.size - offset));
    draft.touched = ++touches_;
    SKERRY_TRY(load_tail(name, draft));
    while (!bytes.empty()) {
        const ByteView taken = bytes.first(std::min(bytes.size(), kPartBytes - draft.tail.size()));
        draft.tail.insert(draft.tail.end(), taken.begin(), taken.end());
        draft.size += taken.size();
        bytes = bytes.subspan(taken.size());
        if (draft.tail.size() < kPartBytes) continue;
        rocksdb::WriteBatch batch(kPartBytes + 256);
        rocksdb::Status status = batch.Put(part_key(name, draft.size / kPartBytes - 1), slice_of(draft.tail));
        if (status.ok()) status = batch.Put(draft_key(name), slice_of(draft.size));
        if (status.ok()) status = database_.Write(rocksdb::WriteOptions(), &batch);
        if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
        draft.written = draft.size;
        draft.tail = Bytes();
    }
    return make_room(name);
}

Result<std::optional<std::uint64_t>> RocksDrafts::size(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return std::nullopt;
    return found->second.size;
}

std::optional<Bytes> RocksDrafts::tail(const Digest& name, std::uint64_t part) const {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(name);
    if (found == drafts_.end() || found->second.tail.empty() || part != found->second.size / kPartBytes) {
        return std::nullopt;
    }
    return found->second.tail;
}

Result<> RocksDrafts::finish(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return fail(ErrorCode::NotFound, "no draft " + to_hex(name));
    const Draft& draft = found->second;
    rocksdb::WriteBatch batch(draft.tail.size() + 512);
    rocksdb::Status status;
    if (draft.written < draft.size) {
        status = batch.Put(part_key(name, draft.size / kPartBytes), slice_of(draft.tail));
    }
    if (status.ok()) status = batch.Put(slice_of(name), slice_of(draft.size));
    if (status.ok()) status = batch.Delete(draft_key(name));
    if (status.ok()) status = database_.Write(durably(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    drafts_.erase(found);
    return {};
}

Result<> RocksDrafts::drop(const Digest& name) {
    const std::lock_guard lock(mutex_);
    const auto found = SKERRY_TRY(find(name));
    if (found == drafts_.end()) return {};
    rocksdb::WriteBatch batch;
    rocksdb::Status status = batch.Delete(draft_key(name));
    for (std::uint64_t part = 0; part < parts_of(found->second.written) && status.ok(); ++part)
        status = batch.Delete(part_key(name, part));
    if (status.ok() && found->second.written > 0) status = database_.Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    drafts_.erase(found);
    return {};
}

}  // namespace skerry::storage
