#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/ledger/history.hpp"
#include "coordinator/models/model_store.hpp"
#include "coordinator/round/summing.hpp"

namespace skerry::coordinator {

/// Everything that proves a published round, as the ledger has it.
struct RoundEvidence {
    ledger::VersionRow version;
    Digest parent_weights{};
    std::optional<Digest> parent_optimiser;  ///< the blob of what it remembered there
    ledger::Recipe recipe;
    Digest seed{};
    std::vector<ledger::UpdateRow> updates;          ///< sorted by update, as they are summed
    std::map<NodeId, crypto::VerifyKey> identities;  ///< of their nodes
};

struct Verification {
    RoundId round;
    ModelVersion version;
    std::uint64_t updates = 0;
    Digest sum{}, sum_recomputed{};
    Digest weights{}, weights_recomputed{};
    bool signatures_good = false;       ///< manifest, every receipt, every update
    std::vector<std::string> problems;  ///< a sentence for each thing that does not agree

    [[nodiscard]] bool intact() const { return problems.empty(); }
};

/// A receipt is signed by this coordinator, and says of its update what the ledger says.
[[nodiscard]] bool agrees(const wire::SignedBytes& receipt, const ledger::UpdateRow& row,
                          const crypto::VerifyKey& signing);
/// What is wrong with a version's signed manifest, given what it counts; empty: nothing.
[[nodiscard]] std::string manifest_problem(const ledger::VersionRow& version, std::span<const Contribution> set,
                                           const crypto::VerifyKey& signing);
/// What a sum needs of the updates that a round counts.
[[nodiscard]] std::vector<Contribution> contributions_of(const std::vector<ledger::UpdateRow>& updates);

/// Reads the sealed updates again, checks every signature, sums them and takes the step. Blocks for as long as a
/// round's sum takes; for a worker thread. NotFound: its blobs are erased, because the version was dropped.
[[nodiscard]] Result<Verification> verify_round(const RoundEvidence& evidence, const ModelShape& model,
                                                const storage::BlobStore& blobs, const ModelStore& models,
                                                const crypto::SealPrivateKey& seal, const crypto::VerifyKey& signing);

}  // namespace skerry::coordinator
