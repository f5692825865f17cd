#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/storage/blob_blocks.hpp"
#include "common/storage/blob_store.hpp"
#include "common/storage/folder.hpp"

namespace skerry::storage {

/// Blobs as files, one each, for those of hundreds of kilobytes and more: written once, where a database writes them to
/// its log, its memory and its files.
///
/// A file is named by the blob's digest, laid out as blob_blocks.hpp says, and gets that name when all of it is on the
/// disk; NAME.draft is one that still comes, NAME.new one whose put() did not end. Every read checks the blocks that it
/// touches, but for read_unchecked(). A draft whose file a crash left in part is what its whole blocks are.
///
/// After a write that failed no other is let through before the next start, which sees what the disk has. Reads wait
/// for no sync. Cost of put() and finish(): two syncs, of the file and of its name; finish() of a draft that was begun
/// before the start writes it anew, since of such bytes a kernel may believe that they are on the disk when they are
/// not (Rebello et al. 2020, "Can Applications Recover from fsync Failures?"). Of the first question about such a
/// draft: to read it.
class FileBlobStore final : public BlobStore {
public:
    /// Opens or creates the folder (mode 0700); its parent must exist. Unavailable: it cannot be read or written.
    /// No other process may have it open: that is the caller's to see to.
    [[nodiscard]] static Result<std::unique_ptr<FileBlobStore>> open(const std::filesystem::path& path);
    /// In files of `folder`, which is what messages call `path`.
    [[nodiscard]] static Result<std::unique_ptr<FileBlobStore>> open(std::filesystem::path path,
                                                                     std::shared_ptr<Folder> folder);

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

private:
    struct Draft {
        std::uint64_t size = 0;
        BlockChecksum block{};
        bool is_recovered = false;  ///< begun before the start
    };
    using Drafts = std::map<Digest, Draft>;
    enum class Check : bool { No, Yes };

    FileBlobStore(std::filesystem::path path, std::shared_ptr<Folder> folder)
        : path_(std::move(path)), folder_(std::move(folder)) {}

    /// Bytes of the blob in a file. Nothing: there is no such file.
    [[nodiscard]] Result<std::optional<std::uint64_t>> size_in(const std::string& file) const;
    [[nodiscard]] Result<Bytes> read(const std::string& file, std::uint64_t size, std::uint64_t offset,
                                     std::size_t count, Check check) const;
    [[nodiscard]] Result<Bytes> read_any(const Digest& name, std::uint64_t offset, std::size_t count,
                                         Check check) const;
    /// Bytes of the file where it has them. Unavailable: it has not.
    [[nodiscard]] Result<> read_stored(const std::string& file, std::uint64_t at, std::span<std::byte> into) const;
    /// Block `number` of a blob of so many bytes. Nothing: its checksum is another.
    [[nodiscard]] Result<std::optional<Bytes>> block(const std::string& file, std::uint64_t size,
                                                     std::uint64_t number) const;
    /// Under the mutex. Null: there is none.
    [[nodiscard]] Result<Draft*> find(const Digest& name) const;
    /// Bytes of the draft.
    [[nodiscard]] Result<std::optional<std::uint64_t>> size_of_draft(const Digest& name) const;
    /// All of the draft, in a file of its own that is on the disk.
    [[nodiscard]] Result<> write_anew(const std::string& draft, std::uint64_t size, const std::string& file);
    /// A draft's file as the process before left it.
    [[nodiscard]] Result<std::optional<Draft>> recovered(const std::string& file) const;
    [[nodiscard]] Result<std::vector<Digest>> list(std::string_view ending) const;

    /// Of a write: what came of it, and from here on of every other one.
    [[nodiscard]] Result<> written(int failure, const std::string& file);
    /// What a write that failed said.
    [[nodiscard]] Result<> accepts_writes() const;
    [[nodiscard]] tl::unexpected<Error> failed(const char* activity, const std::string& file, int failure) const;
    [[nodiscard]] tl::unexpected<Error> damaged(const std::string& file) const;

    std::filesystem::path path_;
    std::shared_ptr<Folder> folder_;
    std::mutex writing_;        ///< over what changes drafts: from the first write to the last sync
    mutable std::mutex mutex_;  ///< over what follows, and held for no sync
    mutable Drafts drafts_;     ///< that were asked for since the start
    Result<> refused_;          ///< a write failed, with this
};

}  // namespace skerry::storage
