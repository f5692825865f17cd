#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "common/storage/blob_store.hpp"
#include "common/storage/rocks_drafts.hpp"

namespace rocksdb {
class PinnableSlice;
}

namespace skerry::storage {

/// Small blobs in RocksDB, tuned for a coordinator of 25 MB: one background job, 4 MiB of write buffer, 1 MiB of cache.
///
/// A blob is one record of its size and one per mebibyte (rocks_records.hpp), written in one batch with sync=true; a
/// draft has a mebibyte at most. Values live in blob files, so that compaction never copies them. A torn tail of the
/// log, as a power cut leaves it, holds nothing that was acknowledged and is dropped; damage anywhere else refuses to
/// open. Large ones belong to FileBlobStore: RocksDB writes a blob to its log, its memory and a blob file, and Debian's
/// computes a CRC of each in plain C++: of a round's processor time that was a third.
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

    [[nodiscard]] Result<> append(const Digest& name, std::uint64_t offset, ByteView bytes) override;
    [[nodiscard]] Result<std::uint64_t> drafted(const Digest& name) const override;
    [[nodiscard]] Result<Bytes> read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const override;
    [[nodiscard]] Result<> finish(const Digest& name) override;
    [[nodiscard]] Result<> drop(const Digest& name) override;
    [[nodiscard]] Result<std::vector<Digest>> drafts() const override;

    /// Gives the space of erased blobs back to the file system. Rewrites what is left beside them: call it after
    /// erasing a lot, not after each.
    [[nodiscard]] Result<> reclaim();
    /// Bytes of dropped drafts since the last reclaim(): they keep their space on the disk until then.
    [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_bytes_; }

private:
    RocksBlobStore(std::filesystem::path folder, std::unique_ptr<rocksdb::DB> database);

    enum class Kind { Blobs, Drafts };
    [[nodiscard]] Result<std::vector<Digest>> list(Kind kind) const;
    /// Of a blob of so many bytes.
    [[nodiscard]] Result<Bytes> read(const Digest& name, std::uint64_t size, std::uint64_t offset,
                                     std::size_t count) const;
    [[nodiscard]] Result<> read_part(const Digest& name, std::uint64_t size, std::uint64_t part,
                                     rocksdb::PinnableSlice& value) const;

    std::filesystem::path folder_;
    std::unique_ptr<rocksdb::DB> database_;
    mutable RocksDrafts drafts_;
    std::atomic<std::uint64_t> dropped_bytes_{0};
};

}  // namespace skerry::storage
