#pragma once

#include <filesystem>

#include "common/base/directory_lock.hpp"
#include "common/crypto/sign.hpp"
#include "common/transport/curve_keys.hpp"
#include "common/wire/signed.hpp"

namespace skerry::node {

/// The private halves, which never leave the node: DIR/identity.key and DIR/transport.key, mode 0600.
struct NodeKeys {
    crypto::SigningKey identity;
    transport::CurveKeyPair transport;
};

/// NotFound: there are none: join first. Else as crypto::read_secret.
[[nodiscard]] Result<NodeKeys> read_node_keys(const std::filesystem::path& dir);

/// Those that are there, checked against what the node was enrolled with. PermissionDenied: lost, or others.
[[nodiscard]] Result<NodeKeys> read_keys_of(const std::filesystem::path& dir, const wire::Certificate& certificate);

/// Creates the folder (0700) where there is none, and leaves one that is there as it is.
/// InvalidInput: every user may write into it. Unavailable: it can't be made.
[[nodiscard]] Result<> make_node_folder(const std::filesystem::path& dir);

/// Conflict: another skerry-node works in it. NotFound, PermissionDenied: the folder.
[[nodiscard]] Result<DirectoryLock> lock_node_folder(const std::filesystem::path& dir);

/// Those that are there, else new ones: so that a join whose answer was lost is repeated by the same node.
/// Errors: as crypto::write_secret_file and read_secret.
[[nodiscard]] Result<NodeKeys> read_or_make_node_keys(const std::filesystem::path& dir);

}  // namespace skerry::node
