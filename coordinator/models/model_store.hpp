#pragma once

#include <memory>
#include <mutex>
#include <vector>

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

    /// Bytes [offset, offset + count) of the vector, float32 little-endian.
    [[nodiscard]] Result<Bytes> bytes(const Digest& digest, std::uint64_t offset, std::size_t count) const;

    /// Reads a vector into memory, as every node will ask for it.
    [[nodiscard]] Result<> keep_in_memory(const Digest& digest);

private:
    struct Kept {
        Digest digest{};
        std::vector<float> weights;
    };
    [[nodiscard]] std::shared_ptr<const Kept> kept(const Digest& digest) const;

    storage::BlobStore& blobs_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Kept> kept_;
};

}  // namespace skerry::coordinator
