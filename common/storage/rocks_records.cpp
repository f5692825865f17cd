#include "common/storage/rocks_records.hpp"

#include <algorithm>
#include <cstring>

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

namespace skerry::storage {

std::string part_key(const Digest& name, std::uint64_t part) {
    std::string key(text_of(name));
    for (int shift = 24; shift >= 0; shift -= 8)
        key += static_cast<char>(part >> shift & 255U);
    return key;
}

std::string draft_key(const Digest& name) {
    return std::string(text_of(name)) + 'd';
}

std::size_t bytes_in(std::uint64_t size, std::uint64_t part) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(kPartBytes, size - part * kPartBytes));
}

Result<std::uint64_t> size_in(std::string_view value, const Digest& name, const std::filesystem::path& folder) {
    std::uint64_t size = 0;
    if (value.size() != sizeof size) return damaged(folder, "blob " + to_hex(name) + " has no length");
    std::memcpy(&size, value.data(), sizeof size);
    return size;
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
    // A compaction would copy the weights that lie beside erased ones, at any time: only reclaim() may.
    options.enable_blob_garbage_collection = false;
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

tl::unexpected<Error> damaged(const std::filesystem::path& folder, const std::string& what) {
    return fail(ErrorCode::Unavailable, folder.string() + " is damaged: " + what + ": restore it from a backup");
}

}  // namespace skerry::storage
