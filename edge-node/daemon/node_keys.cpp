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
    return NodeKeys{SKERRY_TRY(crypto::SigningKey::from_seed(seed.view())),
                    SKERRY_TRY(transport::curve_keys_of(curve))};
}

Result<NodeKeys> read_or_make_node_keys(const std::filesystem::path& dir) {
    std::error_code failure;
    std::filesystem::create_directories(dir, failure);
    if (!failure) {
        std::filesystem::permissions(dir, std::filesystem::perms::owner_all, failure);
    }
    if (failure) {
        return fail(ErrorCode::Unavailable, "making the folder " + dir.string() + ": " + failure.message());
    }
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
