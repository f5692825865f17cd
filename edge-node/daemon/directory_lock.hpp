#pragma once

#include <filesystem>

#include "common/base/error.hpp"

namespace skerry::node {

/// At most one process works in a node's folder: a lock on DIR/lock that the kernel lets go when the process ends,
/// however it ends.
class DirectoryLock {
public:
    /// Conflict: another process has it. Unavailable: the folder is missing or not writable.
    [[nodiscard]] static Result<DirectoryLock> take(const std::filesystem::path& dir);

    DirectoryLock(DirectoryLock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
    DirectoryLock& operator=(DirectoryLock&&) = delete;
    ~DirectoryLock();

private:
    explicit DirectoryLock(int file) : file_(file) {}
    int file_;
};

}  // namespace skerry::node
