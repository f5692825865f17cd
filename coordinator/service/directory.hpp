#pragma once

#include <filesystem>
#include <string>

#include "common/base/directory_lock.hpp"
#include "common/parameters/model_spec.hpp"
#include "common/transport/curve_keys.hpp"
#include "coordinator/keyring.hpp"

namespace skerry::coordinator {

/// What lies in a coordinator's directory (mode 0700).
struct Directory {
    std::filesystem::path path;

    [[nodiscard]] std::filesystem::path history() const { return path / "history.db"; }
    [[nodiscard]] std::filesystem::path blobs() const { return path / "blobs"; }
    [[nodiscard]] std::filesystem::path admin_socket() const { return path / "admin.sock"; }
    [[nodiscard]] std::filesystem::path endpoints() const { return path / "endpoints.json"; }
    [[nodiscard]] std::filesystem::path key(std::string_view name) const { return path / (std::string(name) + ".key"); }
    [[nodiscard]] std::filesystem::path scratch() const { return path / "fsck.tmp"; }
    [[nodiscard]] std::filesystem::path high_water() const { return path / "high_water"; }
};

/// Conflict: another coordinator works in it. NotFound, PermissionDenied: the directory.
[[nodiscard]] Result<DirectoryLock> lock(const Directory& directory);

/// The private keys, with the secret half of the transport key, which only sockets see.
struct DirectoryKeys {
    Keyring ring;
    transport::CurveKeyPair transport;
};
/// NotFound: there is no federation in this directory. PermissionDenied: others may read a key file.
[[nodiscard]] Result<DirectoryKeys> load_keys(const Directory& directory);

/// Unavailable: history.db is missing or empty. Asked before it is opened, which would make a new one.
[[nodiscard]] Result<> check_history(const Directory& directory);
/// The one sentence for all that can be wrong with it.
[[nodiscard]] tl::unexpected<Error> damaged_history(const Directory& directory, const std::string& why);

struct NewFederation {
    parameters::ModelSpec model;
    std::uint64_t seed = 1;  ///< of the initial weights
    std::string name;
};
struct MadeFederation {
    std::string id;
    std::string root_fingerprint;
    std::size_t parameters = 0;
};
/// Makes a federation: keys (0600), the ledger with its first two events, version 1 with the initial weights, signed.
/// Its declaration names the rules of the model's front end, whether `federation.model` does or not.
/// Conflict: the directory is not empty.
/// Unavailable: it cannot be written.
[[nodiscard]] Result<MadeFederation> create_federation(const Directory& directory, NewFederation federation);

}  // namespace skerry::coordinator
