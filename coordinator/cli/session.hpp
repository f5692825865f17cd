#pragma once

#include <functional>
#include <iosfwd>

#include "coordinator/cli/admin_client.hpp"
#include "coordinator/cli/output.hpp"

namespace skerry::cli {

/// What a verb works with, once the whole command line has been understood.
struct Session {
    const AdminClient& coordinator;
    Output& output;
    std::istream* answers;  ///< where a person can answer a question; null: nobody is there
};

/// Runs after parsing, so that no verb acts on half a command line.
using Verb = std::function<ExitCode(Session&)>;

}  // namespace skerry::cli
