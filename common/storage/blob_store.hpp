#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::storage {

/// Bytes by their SHA-256: weights and sealed updates; and drafts, which are blobs that come piece by piece. The caller
/// computes the digest; the store never checks it.
/// Thread-safe. Every call may fail as Unavailable: the disk is full, broken, damaged or in use by another process.
class BlobStore {
public:
    virtual ~BlobStore() = default;

    /// Durable when it returns. A blob that is there already is left alone: the same name means the same bytes.
    /// Memory: one copy of the blob while it is written.
    [[nodiscard]] virtual Result<> put(const Digest& name, ByteView blob) = 0;

    /// NotFound: no such blob.
    [[nodiscard]] virtual Result<Bytes> get(const Digest& name) const = 0;

    /// Bytes [offset, offset + count) of the blob, reading only the megabytes they lie in.
    /// NotFound: no such blob. InvalidInput: the range ends behind the blob.
    [[nodiscard]] virtual Result<Bytes> get_range(const Digest& name, std::uint64_t offset,
                                                  std::size_t count) const = 0;

    /// Length of the blob in bytes. NotFound: no such blob.
    [[nodiscard]] virtual Result<std::uint64_t> size(const Digest& name) const = 0;

    [[nodiscard]] virtual Result<bool> has(const Digest& name) const = 0;

    /// A power cut may bring it back: whoever wants it gone looks again at the next start. One that is not there is no
    /// error.
    [[nodiscard]] virtual Result<> erase(const Digest& name) = 0;

    /// Of all blobs, in order. Cost: one look-up a blob, whatever its size.
    [[nodiscard]] virtual Result<std::vector<Digest>> names() const = 0;

    // ---- Drafts. Each goes by the name of the blob that it becomes, and no function above sees it. ----

    /// Writes at the end of the draft; bytes that are there already stay as they are. A crash may take some from the
    /// end. Where there is a blob of that name, nothing happens. InvalidInput: a hole would be before `offset`.
    [[nodiscard]] virtual Result<> append(const Digest& name, std::uint64_t offset, ByteView bytes) = 0;
    /// Length of the draft in bytes. 0: there is none.
    [[nodiscard]] virtual Result<std::uint64_t> drafted(const Digest& name) const = 0;
    /// As get_range(), of a draft, or of the blob that it has become.
    [[nodiscard]] virtual Result<Bytes> read_draft(const Digest& name, std::uint64_t offset,
                                                   std::size_t count) const = 0;
    /// The same for who checks what the pieces come to by a hash or a seal: a store may leave out to look whether the
    /// disk has changed them.
    [[nodiscard]] virtual Result<Bytes> read_unchecked(const Digest& name, std::uint64_t offset,
                                                       std::size_t count) const {
        return read_draft(name, offset, count);
    }
    /// The draft is a blob from here on. Durable when it returns. A blob of that name is left alone.
    /// NotFound: there is neither.
    [[nodiscard]] virtual Result<> finish(const Digest& name) = 0;
    /// A draft that is not there is no error.
    [[nodiscard]] virtual Result<> drop(const Digest& name) = 0;
    /// Of all drafts, in order.
    [[nodiscard]] virtual Result<std::vector<Digest>> drafts() const = 0;

protected:
    /// InvalidInput: [offset, offset + count) does not lie in a blob of `size` bytes.
    [[nodiscard]] static Result<> check_range(const Digest& name, std::uint64_t size, std::uint64_t offset,
                                              std::size_t count);
    /// InvalidInput: `offset` lies behind a draft of `size` bytes.
    [[nodiscard]] static Result<> check_no_hole(const Digest& name, std::uint64_t size, std::uint64_t offset);
};

/// The twin for tests and simulations: forgets everything with the process.
class MemoryBlobStore final : public BlobStore {
public:
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
    /// What a crash does to a draft: only its first `bytes` are left.
    void cut_draft(const Digest& name, std::uint64_t bytes);

private:
    using Blobs = std::map<Digest, Bytes>;
    [[nodiscard]] static Result<Bytes> range_of(const Blobs& all, const Digest& name, std::uint64_t offset,
                                                std::size_t count);

    mutable std::mutex mutex_;
    Blobs blobs_;
    Blobs drafts_;
};

}  // namespace skerry::storage
