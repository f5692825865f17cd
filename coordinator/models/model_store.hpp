#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "common/base/shared_bytes.hpp"
#include "common/storage/blob_store.hpp"
#include "coordinator/models/encoded_version.hpp"
#include "coordinator/models/version_difference.hpp"

namespace skerry::coordinator {

/// Weights by the SHA-256 of the heavy vector, their encodings and differences by that of their bytes: in the blob
/// store, and those of the newest version in memory, each if it takes no more than 32 MiB there, a difference 8 MiB.
/// Thread-safe.
/// Errors: those of the blob store; NotFound also for a version that was dropped.
class ModelStore {
public:
    /// `blobs` outlives it.
    explicit ModelStore(storage::BlobStore& blobs) : blobs_(blobs) {}

    /// From here on these are the newest. Durable when it returns. The digest is what `weights` hash to.
    [[nodiscard]] Result<> put(const Digest& digest, std::vector<float> weights);
    /// The same, with these encodings, made one at a time: what they are, without federation and version.
    [[nodiscard]] Result<std::vector<wire::EncodedWeights>> put(const Digest& digest, std::vector<float> weights,
                                                                const parameters::ParameterLayout& layout,
                                                                std::span<const WeightEncoding> encodings);

    /// What turns `base` into the newest weights, for nodes that read both from float32 or from one of these encodings:
    /// without federation and versions. Those that would be no shorter than what they stand for are left out. Durable
    /// when it returns. Memory: the longest of them, and some of the largest tensor. NotFound: `base` was dropped.
    [[nodiscard]] Result<std::vector<wire::EncodedDifference>> put_differences(
        const Digest& base, const Digest& newest, const parameters::ParameterLayout& layout,
        std::span<const WeightEncoding> encodings, const KnownDigests& digests = std::nullopt);

    [[nodiscard]] Result<std::vector<float>> load(const Digest& digest) const;
    /// An optimiser's memory. As load().
    [[nodiscard]] Result<Bytes> load_memory(const Digest& digest) const;
    /// What is in memory of these weights stays there while somebody holds this; null: nothing is.
    [[nodiscard]] std::shared_ptr<const void> hold(const Digest& digest) const { return kept(digest); }

    /// Bytes [offset, offset + count) of a vector, float32 little-endian, or of an encoding or difference. Of the
    /// newest, and of older ones for as long as anybody holds a part of them, they are shared and not copied; of others
    /// each call reads its own.
    [[nodiscard]] Result<SharedBytes> bytes(const Digest& digest, std::uint64_t offset, std::size_t count) const;

private:
    /// Weights, an encoding or a difference.
    struct Kept {
        Digest digest{};
        std::vector<float> weights;
        Bytes encoded;

        [[nodiscard]] ByteView bytes() const {
            return encoded.empty() ? std::as_bytes(std::span(weights)) : ByteView(encoded);
        }
    };
    using AllKept = std::vector<std::shared_ptr<const Kept>>;
    /// Into the blob store, and into `fresh` if it is small enough.
    [[nodiscard]] Result<> store(Kept what, AllKept& fresh);
    void replace_newest(AllKept fresh);
    [[nodiscard]] Result<Tensor> tensor(const Digest& weights, const parameters::Block& block) const;
    [[nodiscard]] std::shared_ptr<const Kept> kept(const Digest& digest) const;

    storage::BlobStore& blobs_;
    mutable std::mutex mutex_;
    AllKept newest_;
    std::vector<std::weak_ptr<const Kept>> leaving_;  ///< were the newest; parts of them are still on their way
};

}  // namespace skerry::coordinator
