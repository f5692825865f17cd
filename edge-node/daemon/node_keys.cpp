#include "edge-node/daemon/node_keys.hpp"

#include <utility>

#include "common/crypto/key_file.hpp"

namespace skerry::node {

namespace {

std::filesystem::path identity_file(const std::filesystem::path& dir) {
    return dir / "identity.key";
}
std::filesystem::path transport_file(const std::filesystem::path& dir) {
    return dir / "transport.key";
}

bool missing(const std::filesystem::path& path) {
    std::error_code failure;
    return !std::filesystem::exists(path, failure) && !failure;
}

}  // namespace

Result<NodeKeys> read_node_keys(const std::filesystem::path& dir) {
    const crypto::Secret<32> seed = SKERRY_TRY(crypto::read_secret<32>(identity_file(dir)));
    const crypto::Secret<32> secret = SKERRY_TRY(crypto::read_secret<32>(transport_file(dir)));
    transport::CurveSecretKey curve;
    std::copy(secret.view().begin(), secret.view().end(), curve.value.begin());
    auto identity = SKERRY_TRY(crypto::SigningKey::from_seed(seed.view()));
    auto transport_keys = SKERRY_TRY(transport::curve_keys_of(curve));
    return NodeKeys{std::move(identity), std::move(transport_keys)};
}

Result<DirectoryLock> lock_node_folder(const std::filesystem::path& dir) {
    return DirectoryLock::take(dir, {"skerry-node", "skerry-node join"});
}

Result<> make_node_folder(const std::filesystem::path& dir) {
    namespace fs = std::filesystem;
    std::error_code failure;
    // What was there before is somebody's arrangement, or /tmp: only a folder of our own making is closed to others.
    const bool made = fs::create_directories(dir, failure);
    if (!failure && made) fs::permissions(dir, fs::perms::owner_all, failure);
    const fs::file_status status = failure ? fs::file_status() : fs::status(dir, failure);
    if (failure) return fail(ErrorCode::Unavailable, "making the folder " + dir.string() + ": " + failure.message());
    if ((status.permissions() & fs::perms::others_write) != fs::perms::none) {
        return fail(ErrorCode::InvalidInput, "every user may write into " + dir.string() +
                                                 ", so anybody could replace this node's keys: give a --dir of its "
                                                 "own, which is made if it is not there");
    }
    return {};
}

Result<NodeKeys> read_keys_of(const std::filesystem::path& dir, const wire::Certificate& certificate) {
    auto keys = read_node_keys(dir);
    const bool lost = !keys && keys.error().code == ErrorCode::NotFound;
    if (!keys && !lost) return keys;
    if (lost || keys->identity.verify_key() != certificate.identity ||
        keys->transport.public_key.value != certificate.transport) {
        return fail(ErrorCode::PermissionDenied,
                    "identity.key or transport.key in " + dir.string() +
                        " is lost or another than this node was enrolled with: put it back, or join into a new folder "
                        "with a new token from 'skerry token create'");
    }
    return keys;
}

Result<NodeKeys> read_or_make_node_keys(const std::filesystem::path& dir) {
    if (missing(identity_file(dir))) {
        const crypto::SigningKey identity = crypto::SigningKey::generate();
        SKERRY_TRY(crypto::write_secret_file(identity_file(dir), identity.seed().view()));
    }
    if (missing(transport_file(dir))) {
        const transport::CurveKeyPair pair = SKERRY_TRY(transport::generate_curve_keys());
        SKERRY_TRY(crypto::write_secret_file(transport_file(dir), pair.secret_key.value));
    }
    return read_node_keys(dir);
}

}  // namespace skerry::node
