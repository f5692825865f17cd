#include "coordinator/cli/error_query.hpp"

#include "common/http/client.hpp"
#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"

namespace skerry::cli {

void add_error_query(CLI::App& verb, ErrorQuery& query) {
    add_text(verb, "--node", query.node, "Of this node only: its name, its id, or the beginning of its id")
        ->type_name("ID|NAME");
    add_duration(verb, "--since", query.since, std::chrono::seconds(1),
                 "Only of updates that came in the time before now, as in 90s or 24h");
}

Answer<std::string> error_target(const ErrorQuery& query, const AdminClient& coordinator) {
    std::string target = "/v1/errors";
    char separator = '?';
    const auto ask = [&](const std::string& what) {
        target += separator + what;
        separator = '&';
    };
    if (!query.node.empty()) {
        const auto found = find_node(coordinator, query.node);
        if (!found) return tl::unexpected(found.error());
        ask("node=" + http::percent_encoded(found->root()["data"]["id"].text().value_or(query.node)));
    }
    if (query.since.count() > 0) {
        ask("since_s=" + std::to_string(std::chrono::ceil<std::chrono::seconds>(query.since).count()));
    }
    if (!query.type.empty()) ask("type=" + http::percent_encoded(query.type));
    return target;
}

}  // namespace skerry::cli
