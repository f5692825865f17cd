#include "common/storage/rocks_blob_store.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "common/storage/rocks_records.hpp"

namespace skerry::storage {
RocksBlobStore::RocksBlobStore(std::filesystem::path folder, std::unique_ptr<rocksdb::DB> database)
    : folder_(std::move(folder)), database_(std::move(database)), drafts_(*database_, folder_) {}
RocksBlobStore::~RocksBlobStore() = default;

Result<std::unique_ptr<RocksBlobStore>> RocksBlobStore::open(const std::filesystem::path& folder) {
    // RocksDB writes its files with the umask's mode, so the folder is what keeps others out.
    ::mkdir(folder.c_str(), 0700);
    rocksdb::DB* database = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options_of_a_small_process(), folder.string(), &database);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder));
    return std::unique_ptr<RocksBlobStore>(new RocksBlobStore(folder, std::unique_ptr<rocksdb::DB>(database)));
}

Result<> RocksBlobStore::put(const Digest& name, ByteView blob) {
    if (SKERRY_TRY(has(name))) return {};
    SKERRY_TRY(drafts_.drop(name));
    rocksdb::WriteBatch batch(blob.size() + 64 * (parts_of(blob.size()) + 2));
    const auto size = static_cast<std::uint64_t>(blob.size());
    rocksdb::Status status = batch.Put(slice_of(name), slice_of(size));
    for (std::uint64_t part = 0; part < parts_of(size) && status.ok(); ++part) {
        const ByteView bytes = blob.subspan(static_cast<std::size_t>(part) * kPartBytes, bytes_in(size, part));
        status = batch.Put(part_key(name, part), slice_of(bytes));
    }
    if (status.ok()) status = database_->Write(durably(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return {};
}

Result<std::uint64_t> RocksBlobStore::size(const Digest& name) const {
    std::string value;
    const rocksdb::Status status = database_->Get(rocksdb::ReadOptions(), slice_of(name), &value);
    if (status.IsNotFound()) return fail(ErrorCode::NotFound, "no blob " + to_hex(name));
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return size_in(value, name, folder_);
}

Result<Bytes> RocksBlobStore::get(const Digest& name) const {
    const std::uint64_t blob_bytes = SKERRY_TRY(size(name));
    return read(name, blob_bytes, 0, static_cast<std::size_t>(blob_bytes));
}

Result<Bytes> RocksBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    return read(name, SKERRY_TRY(size(name)), offset, count);
}

Result<Bytes> RocksBlobStore::read(const Digest& name, std::uint64_t size, std::uint64_t offset,
                                   std::size_t count) const {
    SKERRY_TRY(check_range(name, size, offset, count));
    Bytes bytes;
    bytes.reserve(count);
    while (bytes.size() < count) {
        const std::uint64_t position = offset + bytes.size();
        rocksdb::PinnableSlice part;  // what was read, where it was read to
        SKERRY_TRY(read_part(name, size, position / kPartBytes, part));
        const auto first = static_cast<std::size_t>(position % kPartBytes);
        const ByteView taken =
            bytes_of(part.ToStringView()).subspan(first, std::min(count - bytes.size(), part.size() - first));
        bytes.insert(bytes.end(), taken.begin(), taken.end());
    }
    return bytes;
}

Result<> RocksBlobStore::read_part(const Digest& name, std::uint64_t size, std::uint64_t part,
                                   rocksdb::PinnableSlice& value) const {
    const rocksdb::Status status =
        database_->Get(rocksdb::ReadOptions(), database_->DefaultColumnFamily(), part_key(name, part), &value);
    if (!status.ok() && !status.IsNotFound()) return tl::unexpected<Error>(error_of(status, folder_));
    if (status.ok() && value.size() == bytes_in(size, part)) return {};
    // The batch is all or nothing, so this is damage, unless erase() ran between the two reads.
    if (!SKERRY_TRY(has(name))) return fail(ErrorCode::NotFound, "no blob " + to_hex(name));
    return damaged(folder_, "blob " + to_hex(name) + " is incomplete");
}

Result<bool> RocksBlobStore::has(const Digest& name) const {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        database_->Get(rocksdb::ReadOptions(), database_->DefaultColumnFamily(), slice_of(name), &value);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return true;
}

Result<> RocksBlobStore::erase(const Digest& name) {
    const auto blob_bytes = size(name);
    if (!blob_bytes && blob_bytes.error().code == ErrorCode::NotFound) return {};
    if (!blob_bytes) return tl::unexpected<Error>(blob_bytes.error());
    rocksdb::WriteBatch batch;
    rocksdb::Status status = batch.Delete(slice_of(name));
    for (std::uint64_t part = 0; part < parts_of(*blob_bytes) && status.ok(); ++part) {
        status = batch.Delete(part_key(name, part));
    }
    if (status.ok()) status = database_->Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return {};
}

Result<> RocksBlobStore::append(const Digest& name, std::uint64_t offset, ByteView bytes) {
    const auto there = SKERRY_TRY(drafts_.size(name));
    if (!there && SKERRY_TRY(has(name))) return {};  // whose parts these would be
    SKERRY_TRY(check_no_hole(name, there.value_or(0), offset));
    return drafts_.append(name, offset, bytes);
}

Result<std::uint64_t> RocksBlobStore::drafted(const Digest& name) const {
    return SKERRY_TRY(drafts_.size(name)).value_or(0);
}

Result<Bytes> RocksBlobStore::read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const {
    const auto draft = SKERRY_TRY(drafts_.read(name));
    if (!draft) return get_range(name, offset, count);
    SKERRY_TRY(check_range(name, draft->size(), offset, count));
    return copy_of(ByteView(*draft).subspan(static_cast<std::size_t>(offset), count));
}

Result<> RocksBlobStore::finish(const Digest& name) {
    auto finished = drafts_.finish(name);
    if (!finished && finished.error().code == ErrorCode::NotFound && SKERRY_TRY(has(name))) return {};
    return finished;
}

Result<> RocksBlobStore::drop(const Digest& name) {
    dropped_bytes_ += SKERRY_TRY(drafts_.drop(name));
    return {};
}

Result<std::vector<Digest>> RocksBlobStore::names() const {
    return list(Kind::Blobs);
}

Result<std::vector<Digest>> RocksBlobStore::drafts() const {
    SKERRY_TRY(drafts_.write_all());
    return list(Kind::Drafts);
}

Result<std::vector<Digest>> RocksBlobStore::list(Kind kind) const {
    std::vector<Digest> found;
    const std::unique_ptr<rocksdb::Iterator> records(database_->NewIterator(rocksdb::ReadOptions()));
    records->SeekToFirst();
    while (records->Valid()) {
        const rocksdb::Slice key = records->key();
        Digest name{};
        if (key.size() < name.size()) return damaged(folder_, "a record has no name");
        std::memcpy(name.data(), key.data(), name.size());
        // The record of a blob comes first; what has none is a draft.
        if ((key.size() == name.size()) == (kind == Kind::Blobs)) found.push_back(name);
        // Behind all parts of this blob, unread: a step onto one would read its megabyte.
        records->Seek(part_key(name, UINT32_MAX));
    }
    if (!records->status().ok()) return tl::unexpected<Error>(error_of(records->status(), folder_));
    return found;
}

Result<> RocksBlobStore::reclaim() {
    dropped_bytes_ = 0;
    rocksdb::CompactRangeOptions everything;
    everything.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    everything.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    everything.blob_garbage_collection_age_cutoff = 1.0;
    const rocksdb::Status status = database_->CompactRange(everything, nullptr, nullptr);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return {};
}

}  // namespace skerry::storage
