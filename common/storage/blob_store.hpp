#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::storage {

/// Bytes by their SHA-256: weights and sealed updates. The caller computes the digest; the store never checks it.
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

    /// Durable when it returns; a blob that is not there is no error.
    [[nodiscard]] virtual Result<> erase(const Digest& name) = 0;

    /// Of all blobs, in order. Cost: one look-up a blob, whatever its size.
    [[nodiscard]] virtual Result<std::vector<Digest>> names() const = 0;

protected:
    /// InvalidInput: [offset, offset + count) does not lie in a blob of `size` bytes.
    [[nodiscard]] static Result<> check_range(const Digest& name, std::uint64_t size, std::uint64_t offset,
                                              std::size_t count);
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

private:
    mutable std::mutex mutex_;
    std::map<Digest, Bytes> blobs_;
};

}  // namespace skerry::storage
