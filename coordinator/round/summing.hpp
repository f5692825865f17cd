#pragma once

#include <functional>
#include <span>
#include <vector>

#include "common/wire/signed.hpp"
#include "coordinator/admission/gates.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// What a frozen set and its parent's weights make: the next version, before it is signed.
struct RoundSum {
    Digest sum{};                          ///< of the exact integers
    std::vector<float> weights;            ///< shape [heavy]: parent + mean; the normaliser's moments: the mean alone
    std::array<Digest, kTiers> digests{};  ///< SHA-256 of each tier's prefix of the weights
};

/// Reads the sealed blob of an update by its content.
using FetchBlob = std::function<Result<Bytes>(const Digest& content)>;

/// Sums the set in its order and takes the step. A function of its arguments alone: the same bytes on every machine,
/// after every restart. Memory: one update, its plain text, 8 bytes a parameter for the sum and 4 for the weights.
/// Internal: a blob is damaged. Else what `fetch` fails with.
[[nodiscard]] Result<RoundSum> sum_round(std::span<const Contribution> set, std::vector<float> parent,
                                         const ModelShape& model, const FetchBlob& fetch,
                                         const crypto::SealPrivateKey& key);

/// SHA-256 of each tier's prefix, as manifests carry them.
[[nodiscard]] std::array<Digest, kTiers> tier_digests(std::span<const float> weights, const ModelShape& model);

/// SHA-256 over the sorted (node, sequence, content, weight): Manifest::contributors.
[[nodiscard]] Digest contributors_digest(std::span<const Contribution> set);

}  // namespace skerry::coordinator
