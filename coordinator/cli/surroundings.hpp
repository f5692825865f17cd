#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>

#include "common/base/time.hpp"
#include "coordinator/cli/table.hpp"

namespace skerry::cli {

/// What the process finds around it, gathered in one place so that verbs depend on their arguments alone.
struct Surroundings {
    /// Where the coordinator keeps its admin.sock, unless --dir says otherwise.
    std::filesystem::path directory = "/var/lib/skerry/coordinator";
    Style style{};
    /// Where a person can answer a question; null: nobody is there.
    std::istream* answers = nullptr;
    TimePoint now = Clock::now();
};

/// Of this process: SKERRY_DIR; colour only where stdout is a terminal that is not dumb and NO_COLOR is unset or empty;
/// ASCII unless the locale is UTF-8; the terminal's width; answers where stdin and stderr are terminals.
[[nodiscard]] Surroundings surroundings_of_process();

}  // namespace skerry::cli
