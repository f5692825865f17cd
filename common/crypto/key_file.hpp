#pragma once

#include <cstddef>
#include <filesystem>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/crypto/secret.hpp"

/// Small files that must be whole or absent, whatever happens in between: written beside their place, synced, moved
/// into it, and the folder synced. Blocks; for set-up and shut-down, not for the hot path.
///
/// Errors of all: NotFound: no such file or folder. PermissionDenied: the system refuses. Unavailable: the disk is
/// full, read-only or failing. Messages name the path and what to do, never the content.
namespace skerry::crypto {

enum class IfExists { Refuse, Replace };

/// Writes with mode 0600. Conflict: the file exists and `if_exists` is Refuse; it is left as it was.
[[nodiscard]] Result<> write_secret_file(const std::filesystem::path& path, ByteView content,
                                         IfExists if_exists = IfExists::Refuse);

/// The whole file; hand it to cleanse() when done, or use read_secret.
/// PermissionDenied: group or others may read or write it; the message has the chmod command.
/// InvalidInput: longer than `limit` bytes, or no regular file.
[[nodiscard]] Result<Bytes> read_secret_file(const std::filesystem::path& path, std::size_t limit);

/// A key of exactly N bytes, which leaves no copy behind. InvalidInput: another length. Else as read_secret_file.
template <std::size_t N>
[[nodiscard]] Result<Secret<N>> read_secret(const std::filesystem::path& path) {
    Bytes content = SKERRY_TRY(read_secret_file(path, N));
    auto secret = Secret<N>::from_bytes(content, path.string());
    cleanse(content);
    return secret;
}

/// Replaces the file if it exists, with the permissions given, whatever the umask.
[[nodiscard]] Result<> write_file_durably(const std::filesystem::path& path, ByteView content,
                                          std::filesystem::perms permissions);

/// The whole file. InvalidInput: longer than `limit` bytes, or no regular file.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace skerry::crypto
