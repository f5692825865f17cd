#pragma once

#include <functional>
#include <span>
#include <vector>

#include "common/storage/blob_store.hpp"
#include "common/wire/signed.hpp"
#include "coordinator/admission/gates.hpp"
#include "coordinator/ledger/events.hpp"
#include "coordinator/round/examined_updates.hpp"
#include "coordinator/round/pool.hpp"

namespace skerry::coordinator {

/// How a frozen set is summed, as the ledger has it.
struct RoundTerms {
    ledger::Recipe recipe{};
    Digest seed{};
    Bytes optimiser = {};                       ///< what it remembered with the parent; empty: nothing, or another kind
    std::size_t memory_max = 64 << 20;          ///< for decrypted updates, of rules that need more than one at a time
    const ExaminedUpdates* examined = nullptr;  ///< by this process; null: none is known. Not used by others meanwhile
};

/// What a frozen set and its parent's weights make: the next version, before it is signed.
struct RoundSum {
    Digest sum{};                          ///< of the exact integers, or of what the rule gave
    std::vector<float> weights;            ///< shape [heavy]: parent + step; the normaliser's moments: the rule's alone
    std::array<Digest, kTiers> digests{};  ///< SHA-256 of each tier's prefix of the weights
    Bytes optimiser;                       ///< what it remembers from here; empty: nothing
};

/// Shape [heavy]. Called once, when the set is summed: so that the weights are not in memory before.
using LoadWeights = std::function<Result<std::vector<float>>()>;

/// Sums the set by the recipe's rule and takes the step. A function of its arguments alone, without memory_max and
/// examined: the same bytes on every machine, after every restart. What no update covers takes no step. Memory:
/// memory_max, 8 bytes a parameter for the step and the weights, 4 for each moment of the optimiser; where updates are
/// not float32 also the largest of them, decoded, and 8 bytes a parameter for the sum.
/// Internal: a blob is damaged, or the recipe cannot be read. InvalidInput: too few updates for the rule. Else what the
/// store or `parent` fails with.
[[nodiscard]] Result<RoundSum> sum_round(std::span<const Contribution> set, const LoadWeights& parent,
                                         const ModelShape& model, const RoundTerms& terms,
                                         const storage::BlobStore& blobs, const crypto::SealPrivateKey& key);

/// The newest weights below the tier, the old ones from it on; both have the model's length.
[[nodiscard]] std::vector<float> joined_weights(std::vector<float> newest, std::span<const float> old,
                                                const ModelShape& model, Tier from);
/// What the optimiser remembers of weights so joined. What it does not remember of the old ones, or was of another
/// kind, begins anew; where there is nothing of the newest, all does: then it is empty.
[[nodiscard]] Bytes joined_memory(ByteView newest, ByteView old, const std::string& optimiser, const ModelShape& model,
                                  Tier from);
/// SHA-256 of each tier's prefix, as manifests carry them.
[[nodiscard]] std::array<Digest, kTiers> tier_digests(std::span<const float> weights, const ModelShape& model);

/// SHA-256 over the sorted (node, sequence, content, weight): Manifest::contributors.
[[nodiscard]] Digest contributors_digest(std::span<const Contribution> set);

}  // namespace skerry::coordinator
