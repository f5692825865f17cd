#include "common/base/directory_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace skerry {

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory, const Words& words) {
    const int file = ::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        const int why = errno;
        return fail(why == ENOENT ? ErrorCode::NotFound : ErrorCode::PermissionDenied,
                    directory.string() + " cannot be used (" + std::system_category().message(why) +
                        "): check --dir, or make it with '" + words.maker + "'");
    }
    DirectoryLock lock(file);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) {
        return fail(ErrorCode::Unavailable, "locking " + directory.string() + ": " +
                                                std::system_category().message(errno) +
                                                ": does its file system know locks?");
    }
    return fail(ErrorCode::Conflict, "another " + words.program + " works in " + directory.string() +
                                         ": stop it first, or choose another --dir");
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(other.file_) {
    other.file_ = -1;
}

DirectoryLock::~DirectoryLock() {
    if (file_ >= 0) ::close(file_);
}

}  // namespace skerry
