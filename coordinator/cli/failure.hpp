#pragma once

#include <string>

#include <tl/expected.hpp>

#include "common/base/exit_code.hpp"

namespace skerry::cli {

/// Why a verb ends without its answer, in the fields of the error envelope.
struct Failure {
    ExitCode exit = ExitCode::Bug;
    std::string code;     ///< "not_found", as the API names it; "usage", "no_connection", "timeout" are ours
    std::string message;  ///< one sentence; may hold text of a peer, so it is shown only through Output
    std::string hint;     ///< what to do next; never empty
};

template <class T>
using Answer = tl::expected<T, Failure>;

}  // namespace skerry::cli
