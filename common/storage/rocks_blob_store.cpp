#include "common/storage/rocks_blob_store.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

namespace skerry::storage {

namespace {

constexpr std::size_t kPartBytes = 1 << 20;

rocksdb::Slice slice_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Big-endian, so that the parts of a blob lie in order behind its length.
std::string part_key(const Digest& name, std::uint64_t part) {
    std::string key(text_of(name));
    for (int shift = 24; shift >= 0; shift -= 8)
        key += static_cast<char>(part >> shift & 255U);
    return key;
}

std::uint64_t parts_of(std::uint64_t size) {
    return (size + kPartBytes - 1) / kPartBytes;
}

Error error_of(const rocksdb::Status& status, const std::filesystem::path& folder) {
    const std::string where = folder.string();
    const std::string detail = status.ToString();
    if (status.IsNoSpace()) {
        return {ErrorCode::Unavailable, where + ": the disk is full: free space there and restart"};
    }
    if (status.IsCorruption()) {
        return {ErrorCode::Unavailable, where + " is damaged (" + detail + "): restore it from a backup"};
    }
    if (status.IsIOError() && detail.find("lock") != std::string::npos) {
        return {ErrorCode::Unavailable, where + " is in use by another process: stop it first"};
    }
    if (status.IsIOError()) {
        return {ErrorCode::Unavailable, where + ": input/output error (" + detail +
                                            "): check the disk and that the folder belongs to this user, then restart"};
    }
    return {ErrorCode::Internal, where + ": " + detail};
}

rocksdb::Options options_of_a_small_process() {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(1 << 20);
    table.cache_index_and_filter_blocks = true;

    rocksdb::Options options;
    options.create_if_missing = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    // The default recovery mode may drop acknowledged writes behind a hole in the log without a word.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.track_and_verify_wals_in_manifest = true;
    options.paranoid_checks = true;
    options.compression = rocksdb::kNoCompression;  // keys are digests, blobs are sealed or dense floats
    options.enable_blob_files = true;
    options.min_blob_size = 1024;
    options.blob_file_size = std::uint64_t{64} << 20U;
    options.enable_blob_garbage_collection = true;
    options.write_buffer_size = std::size_t{4} << 20U;
    options.max_background_jobs = 1;
    options.max_open_files = 64;
    options.max_file_opening_threads = 1;
    options.keep_log_file_num = 2;
    options.max_log_file_size = 1 << 20;
    options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

rocksdb::WriteOptions durably() {
    rocksdb::WriteOptions options;
    options.sync = true;
    return options;
}

}  // namespace

RocksBlobStore::RocksBlobStore(std::filesystem::path folder, std::unique_ptr<rocksdb::DB> database)
    : folder_(std::move(folder)), database_(std::move(database)) {}
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
    rocksdb::WriteBatch batch(blob.size() + 64 * (parts_of(blob.size()) + 2));
    const auto size = static_cast<std::uint64_t>(blob.size());
    rocksdb::Status status = batch.Put(slice_of(name), slice_of(std::as_bytes(std::span(&size, 1))));
    for (std::uint64_t part = 0; part < parts_of(size) && status.ok(); ++part) {
        const std::size_t first = static_cast<std::size_t>(part) * kPartBytes;
        const ByteView bytes = blob.subspan(first, std::min(kPartBytes, blob.size() - first));
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
    std::uint64_t size = 0;
    if (value.size() != sizeof size) {
        return fail(ErrorCode::Unavailable, folder_.string() + " is damaged: blob " + to_hex(name) +
                                                " has no length: restore it from a backup");
    }
    std::memcpy(&size, value.data(), sizeof size);
    return size;
}

Result<Bytes> RocksBlobStore::get(const Digest& name) const {
    return get_range(name, 0, static_cast<std::size_t>(SKERRY_TRY(size(name))));
}

Result<Bytes> RocksBlobStore::get_range(const Digest& name, std::uint64_t offset, std::size_t count) const {
    const std::uint64_t blob_bytes = SKERRY_TRY(size(name));
    SKERRY_TRY(check_range(name, blob_bytes, offset, count));
    Bytes bytes;
    bytes.reserve(count);
    while (bytes.size() < count) {
        const std::uint64_t position = offset + bytes.size();
        const std::uint64_t part = position / kPartBytes;
        const std::uint64_t part_bytes = std::min<std::uint64_t>(kPartBytes, blob_bytes - part * kPartBytes);
        rocksdb::PinnableSlice value;
        const rocksdb::Status status =
            database_->Get(rocksdb::ReadOptions(), database_->DefaultColumnFamily(), part_key(name, part), &value);
        if (!status.ok() && !status.IsNotFound()) return tl::unexpected<Error>(error_of(status, folder_));
        if (!status.ok() || value.size() != part_bytes) {
            // The batch is all or nothing, so this is damage, unless erase() ran between the two reads.
            if (!SKERRY_TRY(has(name))) return fail(ErrorCode::NotFound, "no blob " + to_hex(name));
            return fail(ErrorCode::Unavailable, folder_.string() + " is damaged: blob " + to_hex(name) +
                                                    " is incomplete: restore it from a backup");
        }
        const auto first = static_cast<std::size_t>(position % kPartBytes);
        const std::size_t taken = std::min(count - bytes.size(), value.size() - first);
        const ByteView part_view = bytes_of(std::string_view(value.data(), value.size()));
        bytes.insert(bytes.end(), part_view.begin() + static_cast<std::ptrdiff_t>(first),
                     part_view.begin() + static_cast<std::ptrdiff_t>(first + taken));
    }
    return bytes;
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
    if (status.ok()) status = database_->Write(durably(), &batch);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return {};
}

Result<std::vector<Digest>> RocksBlobStore::names() const {
    std::vector<Digest> found;
    const std::unique_ptr<rocksdb::Iterator> records(database_->NewIterator(rocksdb::ReadOptions()));
    records->SeekToFirst();
    while (records->Valid()) {
        const rocksdb::Slice key = records->key();
        Digest& name = found.emplace_back();
        if (key.size() < name.size()) {
            return fail(ErrorCode::Unavailable,
                        folder_.string() + " is damaged: a record has no name: restore it from a backup");
        }
        std::memcpy(name.data(), key.data(), name.size());
        // Behind all parts of this blob, unread: a step onto one would read its megabyte.
        records->Seek(part_key(name, UINT32_MAX));
    }
    if (!records->status().ok()) return tl::unexpected<Error>(error_of(records->status(), folder_));
    return found;
}

Result<> RocksBlobStore::reclaim() {
    rocksdb::CompactRangeOptions everything;
    everything.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    everything.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    everything.blob_garbage_collection_age_cutoff = 1.0;
    const rocksdb::Status status = database_->CompactRange(everything, nullptr, nullptr);
    if (!status.ok()) return tl::unexpected<Error>(error_of(status, folder_));
    return {};
}

}  // namespace skerry::storage
