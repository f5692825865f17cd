#pragma once

#include <filesystem>
#include <string>

#include "common/base/error.hpp"

namespace skerry {

/// At most one process works in a directory: a lock on DIR/lock that the kernel lets go when the process ends, however
/// it ends.
class DirectoryLock {
public:
    /// For the person who reads why not.
    struct Words {
        std::string program;  ///< that works in such directories: "skerry-node"
        std::string maker;    ///< the command that makes one: "skerry-node join"
    };

    /// Conflict: another process has it. NotFound: no such directory. PermissionDenied: it cannot be used by this user.
    /// Unavailable: its file system knows no locks.
    [[nodiscard]] static Result<DirectoryLock> take(const std::filesystem::path& directory, const Words& words);

    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&&) = delete;
    ~DirectoryLock();

private:
    explicit DirectoryLock(int file) : file_(file) {}
    int file_;
};

}  // namespace skerry
