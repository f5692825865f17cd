#include "coordinator/admission/examine.hpp"

#include "common/crypto/hash.hpp"

namespace skerry::coordinator {
namespace {

using wire::RefusalCode;

Digest content_of(const wire::SealedUpdate& update) {
    crypto::Sha256 hash;
    hash.update(update.header).update(update.sealed);
    return hash.finish();
}

}  // namespace

Examined examine(const wire::SealedUpdate& update, const wire::UpdateHeader& header, float norm_max,
                 const ModelShape& model, const crypto::SealPrivateKey& key) {
    if (content_of(update) != update.content) {
        return Flaw{RefusalCode::Malformed, "the chunks that arrived are not those that were offered"};
    }
    auto body = wire::open(update, key);
    if (!body) {
        return Flaw{
            body.error().code == ErrorCode::PermissionDenied ? RefusalCode::Undecryptable : RefusalCode::Misshapen,
            body.error().message};
    }
    if (body->delta.size() != model.prefix(header.tier)) {
        return Flaw{RefusalCode::Misshapen, std::to_string(body->delta.size()) + " values are not the " +
                                                std::string(name_of(header.tier)) + " tier of this model"};
    }
    if (Verdict flaw = check_counts(*body, model)) return *std::move(flaw);
    if (Verdict flaw = check_audits(body->audits)) return *std::move(flaw);
    if (Verdict flaw = check_soft_labels(body->soft_labels, header.tier, model)) return *std::move(flaw);
    Sound sound;
    if (Verdict flaw = check_delta(body->delta, model.statistics, norm_max, sound.norm)) return *std::move(flaw);
    sound.labelled = body->labelled;
    sound.errors = body->errors;
    sound.confusions = std::move(body->confusions);
    sound.error_counts = body->error_counts;
    sound.audits = std::move(body->audits);
    sound.soft_labels = std::move(body->soft_labels);
    return sound;
}

}  // namespace skerry::coordinator
