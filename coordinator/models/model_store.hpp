#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "common/base/shared_bytes.hpp"
#include "common/storage/blob_store.hpp"

namespace skerry::coordinator {

/// Weights by the SHA-256 of the heavy vector: in the blob store, and the newest in memory. Thread-safe.
/// Errors: those of the blob store; NotFound also for a version that was dropped.
class ModelStore {
public:
    /// `blobs` outlives it.
    explicit ModelStore(storage::BlobStore& blobs) : blobs_(blobs) {}

    /// Durable when it returns. The digest is what `weights` hash to.
    [[nodiscard]] Result<> put(const Digest& digest, std::vector<float> weights);

    [[nodiscard]] Result<std::vector<float>> load(const Digest& digest) const;

    /// Bytes [offset, offset + count) of the vector, float32 little-endian. Of the newest, and of older ones for as
    /// long as anybody holds a part of them, they are shared and not copied; of others each call reads its own.
    [[nodiscard]] Result<SharedBytes> bytes(const Digest& digest, std::uint64_t offset, std::size_t count) const;

    /// Reads a vector into memory, as every node will ask for it.
    [[nodiscard]] Result<> keep_in_memory(const Digest& digest);

private:
    struct Kept {
        Digest digest{};
        std::vector<float> weights;
    };
    [[nodiscard]] std::shared_ptr<const Kept> kept(const Digest& digest) const;
    void keep(std::shared_ptr<const Kept> fresh);

    storage::BlobStore& blobs_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Kept> kept_;
    std::vector<std::weak_ptr<const Kept>> leaving_;  ///< were the newest; parts of them are still on their way
};

}  // namespace skerry::coordinator
