#include "coordinator/models/verification.hpp"

namespace skerry::coordinator {
namespace {

std::vector<std::string> signature_problems(const RoundEvidence& evidence, const storage::BlobStore& blobs,
                                            const crypto::VerifyKey& signing) {
    std::vector<std::string> problems;
    for (const ledger::UpdateRow& row : evidence.updates) {
        const std::string name =
            "update " + std::to_string(row.update.sequence.value) + " of node " + row.update.node.to_text();
        const auto receipt = wire::open_receipt(row.receipt, signing);
        if (!receipt || receipt->update != row.update || receipt->content != row.content ||
            receipt->weight != row.weight) {
            problems.push_back("the receipt of " + name + " does not agree with the ledger");
        }
        const auto identity = evidence.identities.find(row.update.node);
        const auto blob = blobs.get(row.content);
        if (!blob) continue;  // the sum names it
        const auto update = wire::SealedUpdate::from_blob(*blob);
        if (identity == evidence.identities.end() || !update ||
            !wire::verify_signature(row.content, update->signature, identity->second)) {
            problems.push_back(name + " is not signed by its node");
        }
    }
    return problems;
}

}  // namespace

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

    std::vector<Contribution> set;
    for (const ledger::UpdateRow& row : evidence.updates)
        set.push_back({row.update, row.content, row.tier, row.weight});
    const auto manifest = wire::open_manifest(evidence.version.manifest, signing);
    if (!manifest) {
        result.problems.emplace_back("the manifest is not signed by this coordinator");
    } else if (manifest->sum != result.sum || manifest->digests.back() != result.weights ||
               manifest->updates != set.size() || manifest->contributors != contributors_digest(set) ||
               manifest->version != result.version || manifest->round != result.round) {
        result.problems.emplace_back("the signed manifest does not agree with the ledger");
    }
    result.signatures_good = result.problems.empty();

    const auto sum = SKERRY_TRY(sum_round(
        set, SKERRY_TRY(models.load(evidence.parent_weights)), model,
        [&blobs](const Digest& content) { return blobs.get(content); }, seal));
    result.sum_recomputed = sum.sum;
    result.weights_recomputed = sum.digests.back();
    if (result.sum != result.sum_recomputed) result.problems.emplace_back("the sum comes out differently");
    if (result.weights != result.weights_recomputed) result.problems.emplace_back("the weights come out differently");
    return result;
}

}  // namespace skerry::coordinator
