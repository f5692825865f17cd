#include "coordinator/models/blob_check.hpp"

#include "common/wire/sealed_update.hpp"
#include "coordinator/round/stored_update.hpp"

namespace skerry::coordinator {
namespace {

using Needed = ledger::NeededBlobs::Blob;

// The content covers all of an update but its signature.
Result<bool> is_sound(const storage::BlobStore& blobs, const Digest& name, const Needed& needed) {
    if (needed.kind != Needed::Kind::Update) {
        return SKERRY_TRY(hash_of(blobs, name, SKERRY_TRY(blobs.size(name)))) == name;
    }
    const auto update = find_and_hash_update(blobs, name);
    if (!update && update.error().code == ErrorCode::InvalidInput) return false;
    if (!update) return tl::unexpected(update.error());
    return needed.signer && wire::verify_signature(name, update->signature, *needed.signer);
}

}  // namespace

std::string problem_of(const storage::BlobStore& blobs, const Digest& name, const Needed& needed) {
    const auto sentence = [&](const std::string& state) {
        return needed.what + " (" + to_hex(name) + ") " + state + ": restore blobs/ from a backup of the same day";
    };
    const auto sound = is_sound(blobs, name, needed);
    if (!sound && sound.error().code == ErrorCode::NotFound) return sentence("is missing");
    if (!sound) return sentence("cannot be read (" + sound.error().message + ")");
    return *sound ? std::string() : sentence("is damaged");
}

}  // namespace skerry::coordinator
