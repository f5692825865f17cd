#pragma once

#include <filesystem>
#include <memory>

#include "common/storage/blob_store.hpp"
#include "common/storage/file_blob_store.hpp"
#include "common/storage/rocks_blob_store.hpp"

namespace skerry::storage {

/// A coordinator's blobs: small ones in RocksDB, which commits many of them with one sync, large ones in files, which
/// are written once. A draft begins small and moves when it has grown. Large ones that a program before this one left
/// in RocksDB are found there.
class DiskBlobStore final : public BlobStore {
public:
    /// From here on a blob is large.
    static constexpr std::size_t kLargeBytes = 256 << 10;

    /// Opens or creates the folder, and in it large/ (mode 0700); its parent must exist.
    /// Unavailable: in use by another process, damaged, or not writable.
    [[nodiscard]] static Result<std::unique_ptr<DiskBlobStore>> open(const std::filesystem::path& folder);

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
    [[nodiscard]] Result<Bytes> read_unchecked(const Digest& name, std::uint64_t offset,
                                               std::size_t count) const override;
    [[nodiscard]] Result<> finish(const Digest& name) override;
    [[nodiscard]] Result<> drop(const Digest& name) override;
    [[nodiscard]] Result<std::vector<Digest>> drafts() const override;

    /// RocksBlobStore's; files give their space back at once.
    [[nodiscard]] Result<> reclaim() { return small_->reclaim(); }
    [[nodiscard]] std::uint64_t dropped_bytes() const { return small_->dropped_bytes(); }

private:
    DiskBlobStore(std::unique_ptr<RocksBlobStore> small, std::unique_ptr<FileBlobStore> large)
        : small_(std::move(small)), large_(std::move(large)) {}

    /// The one that has the blob, or else would say that there is none.
    [[nodiscard]] Result<const BlobStore*> holder(const Digest& name) const;
    /// Likewise of a draft, or of the blob that it has become.
    [[nodiscard]] Result<const BlobStore*> draft_holder(const Digest& name) const;

    std::unique_ptr<RocksBlobStore> small_;  ///< and whose lock keeps other processes from large/, too
    std::unique_ptr<FileBlobStore> large_;
};

}  // namespace skerry::storage
