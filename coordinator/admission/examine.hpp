#pragma once

#include <variant>

#include "common/storage/blob_store.hpp"
#include "coordinator/admission/gates.hpp"
#include "coordinator/admission/sketch.hpp"
#include "coordinator/draft_hashes.hpp"

namespace skerry::coordinator {

/// An update that opened and passed every gate of its content.
struct Sound {
    double norm = 0;                 ///< of the trained part of Δ
    aggregation::TierNorms norms{};  ///< by what each tier adds
    Sketch sketch{};                 ///< of the same
    std::uint64_t labelled = 0;
    std::uint64_t errors = 0;
    std::vector<wire::ClassPairCount> confusions;
    std::optional<wire::ErrorCounts> error_counts;
    wire::AuditCounts audits;
    wire::SoftLabels soft_labels;
};
using Examined = std::variant<Sound, Flaw>;

/// What has arrived, in a draft of `content`: header ‖ chunks.
struct Examination {
    Digest content{};
    Bytes header;  ///< that was offered
    std::uint64_t sealed_bytes = 0;
    float norm_max = 0;
    SketchKey sketch_key{};
};

/// The gates of PROTOCOL.md §5 that need the bytes: SHA-256 (Malformed) → decrypt (Undecryptable) → body and shape
/// (Misshapen) → finite → bounds → norm. The signature over the content was verified with the offer.
/// For a worker thread: reads the draft chunk by chunk, once more where `hashes` does not know it, and
/// twice more where it does not open.
/// Memory: two chunks; the whole of Δ, twice, where it is not float32. Fails as the store does; Unavailable also: the
/// disk does not give back what arrived.
[[nodiscard]] Result<Examined> examine(const Examination& what, const storage::BlobStore& blobs,
                                       const ModelShape& model, const crypto::SealPrivateKey& key,
                                       const DraftHashes& hashes);

}  // namespace skerry::coordinator
