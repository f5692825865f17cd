#include "coordinator/models/verification.hpp"

#include "common/crypto/hash.hpp"
#include "coordinator/round/stored_update.hpp"

namespace skerry::coordinator {
namespace {

std::vector<std::string> signature_problems(const RoundEvidence& evidence, const storage::BlobStore& blobs,
                                            const crypto::VerifyKey& signing) {
    std::vector<std::string> problems;
    for (const ledger::UpdateRow& row : evidence.updates) {
        const std::string name =
            "update " + std::to_string(row.update.sequence.value) + " of node " + row.update.node.to_text();
        if (!agrees(row.receipt, row, signing)) {
            problems.push_back("the receipt of " + name + " does not agree with the ledger");
        }
        const auto identity = evidence.identities.find(row.update.node);
        const auto update = find_and_hash_update(blobs, row.content);
        if (!update && update.error().code != ErrorCode::InvalidInput) continue;  // the sum names it
        if (identity == evidence.identities.end() || !update ||
            !wire::verify_signature(row.content, update->signature, identity->second)) {
            problems.push_back(name + " is not signed by its node");
        }
    }
    return problems;
}

}  // namespace

bool agrees(const wire::SignedBytes& receipt, const ledger::UpdateRow& row, const crypto::VerifyKey& signing) {
    const auto body = wire::open_receipt(receipt, signing);
    return body && body->update == row.update && body->lease == row.lease && body->content == row.content &&
           body->weight == row.weight;
}

std::string manifest_problem(const ledger::VersionRow& version, std::span<const Contribution> set,
                             const crypto::VerifyKey& signing) {
    const auto manifest = wire::open_manifest(version.manifest, signing);
    if (!manifest) return "the manifest is not signed by this coordinator";
    const bool same = manifest->version == version.version && manifest->parent == version.parent &&
                      manifest->round == version.round && manifest->sum == version.sum &&
                      manifest->digests.back() == version.weights && manifest->updates == set.size() &&
                      manifest->contributors == contributors_digest(set);
    return same ? std::string() : "the signed manifest does not agree with the ledger";
}

std::vector<Contribution> contributions_of(const std::vector<ledger::UpdateRow>& updates) {
    std::vector<Contribution> set;
    set.reserve(updates.size());
    for (const ledger::UpdateRow& row : updates)
        set.push_back({row.update, row.content, row.tier, row.weight});
    return set;
}

Result<Verification> verify_round(const RoundEvidence& evidence, const ModelShape& model,
                                  const storage::BlobStore& blobs, const ModelStore& models,
                                  const crypto::SealPrivateKey& seal, const crypto::VerifyKey& signing) {
    Verification result;
    result.round = evidence.version.round;
    result.version = evidence.version.version;
    result.updates = evidence.updates.size();
    result.sum = evidence.version.sum;
    result.weights = evidence.version.weights;
    result.problems = signature_problems(evidence, blobs, signing);

    const std::vector<Contribution> set = contributions_of(evidence.updates);
    if (auto problem = manifest_problem(evidence.version, set, signing); !problem.empty()) {
        result.problems.push_back(std::move(problem));
    }
    result.signatures_good = result.problems.empty();

    RoundTerms terms{evidence.recipe, evidence.seed};
    if (evidence.parent_optimiser) terms.optimiser = SKERRY_TRY(models.load_memory(*evidence.parent_optimiser));
    const auto parent = [&] { return models.load(evidence.parent_weights); };
    const auto sum = SKERRY_TRY(sum_round(set, parent, model, terms, blobs, seal));
    result.sum_recomputed = sum.sum;
    result.weights_recomputed = sum.digests.back();
    if (result.sum != result.sum_recomputed) result.problems.emplace_back("the sum comes out differently");
    if (result.weights != result.weights_recomputed) result.problems.emplace_back("the weights come out differently");
    const auto remembered =
        sum.optimiser.empty() ? std::nullopt : std::optional(crypto::sha256(ByteView(sum.optimiser)));
    if (evidence.version.optimiser != remembered) {
        result.problems.emplace_back("what the optimiser remembers comes out differently");
    }
    return result;
}

}  // namespace skerry::coordinator
