#pragma once

#include <string>
#include <unistd.h>

namespace skerry::testing {

/// An address of this machine that no other test process uses: 127.0.0.0/8 is all loopback. A service that is stopped
/// and started again finds its port free there, however many tests take free ports beside it.
inline std::string own_loopback() {
    const auto pid = static_cast<unsigned>(::getpid());
    return "127." + std::to_string(1 + (pid >> 16U) % 250) + "." + std::to_string((pid >> 8U) % 256) + "." +
           std::to_string(pid % 256);
}

}  // namespace skerry::testing
