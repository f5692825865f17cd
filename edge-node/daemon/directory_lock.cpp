#include "edge-node/daemon/directory_lock.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace skerry::node {

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& dir) {
    const std::filesystem::path path = dir / "lock";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(ErrorCode::Unavailable, "opening " + path.string() + ": " + std::strerror(errno) +
                                                ": is --dir the folder that 'skerry-node join' made?");
    }
    DirectoryLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return fail(ErrorCode::Unavailable, "locking " + path.string() + ": " + std::strerror(errno) +
                                                    ": does its file system know locks?");
        }
        return fail(ErrorCode::Conflict,
                    "another skerry-node works in " + dir.string() + ": stop it first, or give another --dir");
    }
    return lock;
}

DirectoryLock::~DirectoryLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace skerry::node
