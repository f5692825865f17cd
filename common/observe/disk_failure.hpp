#pragma once

#include <cstdlib>
#include <sysexits.h>

#include "common/observe/log.hpp"

namespace skerry::observe {

/// Ends the process where a write has failed: what the disk holds is not known any more, so nothing may be acknowledged
/// from here on before it is read again. With the exit code of every verb for a dependency that is down, so that a
/// service manager starts it again. Thread-safe.
[[noreturn]] inline void disk_failed(const Error& error) {
    log::error("disk_failed", {{"reason", error.message}, {"do", "make room or repair the disk, then start again"}});
    std::_Exit(EX_UNAVAILABLE);
}

}  // namespace skerry::observe
