#pragma once

#include <filesystem>
#include <memory>

#include "common/storage/blob_store.hpp"

namespace rocksdb {
class DB;
}

namespace skerry::storage {

/// Blobs in RocksDB, tuned for a coordinator of 25 MB: one background job, 4 MiB of write buffer, 1 MiB of cache.
///
/// A blob is one record `digest → length` and one per mebibyte, `digest ‖ be32(part) → bytes`, written in one batch
/// with sync=true. Values live in blob files, so that compaction never copies weights. A torn tail of the log, as a
/// power cut leaves it, holds nothing that was acknowledged and is dropped; damage anywhere else refuses to open.
class RocksBlobStore final : public BlobStore {
public:
    /// Opens or creates the folder (mode 0700); its parent must exist.
    /// Unavailable: in use by another process, damaged, or not writable.
    [[nodiscard]] static Result<std::unique_ptr<RocksBlobStore>> open(const std::filesystem::path& folder);

    ~RocksBlobStore() override;

    [[nodiscard]] Result<> put(const Digest& name, ByteView blob) override;
    [[nodiscard]] Result<Bytes> get(const Digest& name) const override;
    [[nodiscard]] Result<Bytes> get_range(const Digest& name, std::uint64_t offset, std::size_t count) const override;
    [[nodiscard]] Result<std::uint64_t> size(const Digest& name) const override;
    [[nodiscard]] Result<bool> has(const Digest& name) const override;
    [[nodiscard]] Result<> erase(const Digest& name) override;
    [[nodiscard]] Result<std::vector<Digest>> names() const override;

    /// Gives the space of erased blobs back to the file system. Rewrites what is left beside them: call it after
    /// erasing a lot, not after each.
    [[nodiscard]] Result<> reclaim();

private:
    RocksBlobStore(std::filesystem::path folder, std::unique_ptr<rocksdb::DB> database);

    std::filesystem::path folder_;
    std::unique_ptr<rocksdb::DB> database_;
};

}  // namespace skerry::storage
