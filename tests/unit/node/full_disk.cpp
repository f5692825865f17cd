#include "tests/unit/node/full_disk.hpp"

#include <cerrno>
#include <dlfcn.h>
#include <sys/types.h>

namespace skerry::node::testing {

std::atomic<bool> FullDisk::full{false};

namespace {

using Write = ssize_t(int, const void*, size_t, off_t);

ssize_t write_or_fail(const char* name, int file, const void* bytes, size_t count, off_t offset) {
    if (FullDisk::full) {
        errno = ENOSPC;
        return -1;
    }
    return reinterpret_cast<Write*>(::dlsym(RTLD_NEXT, name))(file, bytes, count, offset);
}

}  // namespace
}  // namespace skerry::node::testing

// In place of the C library's, also for SQLite's shared object.
extern "C" ssize_t pwrite(int file, const void* bytes, size_t count, off_t offset) {
    return skerry::node::testing::write_or_fail("pwrite", file, bytes, count, offset);
}
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t count, off_t offset) {
    return skerry::node::testing::write_or_fail("pwrite64", file, bytes, count, offset);
}
