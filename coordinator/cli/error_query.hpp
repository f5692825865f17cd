#pragma once

#include <chrono>
#include <string>

#include "coordinator/cli/admin_client.hpp"

namespace CLI {
class App;
}

namespace skerry::cli {

/// Of which errors a verb asks; by default of all that counted updates report.
struct ErrorQuery {
    std::string node;
    std::string type;
    std::chrono::milliseconds since{0};  ///< before now; 0: from the beginning
};

/// "--node" and "--since", into `query`, which must outlive the parsing.
void add_error_query(CLI::App& verb, ErrorQuery& query);

/// "/v1/errors" and what is asked. Failures: as find_node().
[[nodiscard]] Answer<std::string> error_target(const ErrorQuery& query, const AdminClient& coordinator);

}  // namespace skerry::cli
