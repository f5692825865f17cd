#pragma once

#include <atomic>

namespace skerry::node::testing {

/// While it lives, no write of SQLite finds room: every pwrite() of this process fails with ENOSPC.
class FullDisk {
public:
    FullDisk() { full = true; }
    ~FullDisk() { full = false; }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

    static std::atomic<bool> full;
};

}  // namespace skerry::node::testing
