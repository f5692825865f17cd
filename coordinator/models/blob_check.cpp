#include "coordinator/models/blob_check.hpp"

#include "common/crypto/hash.hpp"
#include "common/wire/sealed_update.hpp"

namespace skerry::coordinator {
namespace {

using Needed = ledger::NeededBlobs::Blob;

// The content covers all of an update but its signature.
bool is_sound(const Digest& name, ByteView bytes, const Needed& needed) {
    if (needed.kind != Needed::Kind::Update) return crypto::sha256(bytes) == name;
    const auto update = wire::SealedUpdate::from_blob(bytes);
    return update && update->content == name && needed.signer &&
           wire::verify_signature(update->content, update->signature, *needed.signer);
}

}  // namespace

std::string problem_of(const storage::BlobStore& blobs, const Digest& name, const Needed& needed) {
    const auto blob = blobs.get(name);
    const auto sentence = [&](const std::string& state) {
        return needed.what + " (" + to_hex(name) + ") " + state + ": restore blobs/ from a backup of the same day";
    };
    if (!blob && blob.error().code == ErrorCode::NotFound) return sentence("is missing");
    if (!blob) return sentence("cannot be read (" + blob.error().message + ")");
    return is_sound(name, *blob, needed) ? std::string() : sentence("is damaged");
}

}  // namespace skerry::coordinator
