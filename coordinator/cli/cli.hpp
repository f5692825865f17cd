#pragma once

#include <iosfwd>
#include <span>

#include "coordinator/cli/surroundings.hpp"

namespace skerry::cli {

/// Runs one command line, `args` without the program's name, and returns its exit code (common/base/exit_code.hpp).
/// With
/// --output json `out` gets exactly one document, also for errors; people's hints go to `err`. Blocks while the
/// coordinator answers. Never throws.
[[nodiscard]] int run_cli(std::span<const char* const> args, std::ostream& out, std::ostream& err,
                          const Surroundings& surroundings = {});

}  // namespace skerry::cli
