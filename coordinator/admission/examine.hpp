#pragma once

#include <variant>

#include "coordinator/admission/gates.hpp"

namespace skerry::coordinator {

/// An update that opened and passed every gate of its content.
struct Sound {
    double norm = 0;  ///< of the trained part of Δ
    std::uint64_t labelled = 0;
    std::uint64_t errors = 0;
    std::vector<wire::ClassPairCount> confusions;
    std::optional<wire::ErrorCounts> error_counts;
    wire::AuditCounts audits;
    wire::SoftLabels soft_labels;
};
using Examined = std::variant<Sound, Flaw>;

/// The gates of PROTOCOL.md §5 that need the bytes: SHA-256 (Malformed) → decrypt (Undecryptable) → body and shape
/// (Misshapen) → finite → bounds → norm. The signature over the content was verified with the offer.
/// Pure, for a worker thread: megabytes a call. Memory: one plain update more.
[[nodiscard]] Examined examine(const wire::SealedUpdate& update, const wire::UpdateHeader& header, float norm_max,
                               const ModelShape& model, const crypto::SealPrivateKey& key);

}  // namespace skerry::coordinator
