#include "coordinator/cli/lookup.hpp"

#include <algorithm>

#include "common/base/ids.hpp"
#include "common/http/client.hpp"

namespace skerry::cli {

namespace {

bool begins_an_id(const std::string& text) {
    constexpr std::size_t kShortest = 4;
    constexpr std::size_t kWhole = 2 * sizeof(NodeId::value);
    return text.size() >= kShortest && text.size() < kWhole &&
           text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Failure nothing_yet(std::string message, std::string hint) {
    return {ExitCode::NotFound, "not_found", std::move(message), std::move(hint)};
}

}  // namespace

std::string node_target(const std::string& id_or_name) {
    return "/v1/nodes/" + http::percent_encoded(id_or_name);
}

Answer<Document> find_node(const AdminClient& coordinator, const std::string& id_or_name) {
    auto exact = coordinator.get(node_target(id_or_name));
    if (exact || exact.error().exit != ExitCode::NotFound || !begins_an_id(id_or_name)) return exact;

    const auto all = coordinator.get("/v1/nodes");
    if (!all) return tl::unexpected(all.error());
    std::vector<std::string> ids;
    for (const Value node : all->root()["data"].items()) {
        const std::string id = node["id"].text().value_or("");
        if (id.compare(0, id_or_name.size(), id_or_name) == 0) ids.push_back(id);
    }
    if (ids.empty()) return exact;
    if (ids.size() > 1) {
        return tl::unexpected(Failure{ExitCode::Conflict, "conflict",
                                      std::to_string(ids.size()) + " nodes have an id that begins with " + id_or_name,
                                      "give more of its digits, or its name: 'skerry node list' shows both"});
    }
    return coordinator.get(node_target(ids.front()));
}

Answer<std::uint64_t> find_version(const AdminClient& coordinator, NumberOrNewest choice) {
    if (choice) return *choice;
    const auto status = coordinator.get("/v1/status");
    if (!status) return tl::unexpected(status.error());
    const auto version = status->root()["data"]["version"].count().value_or(0);
    if (version > 0) return version;
    return tl::unexpected(
        nothing_yet("no model version has been published yet", "'skerry status' shows what the coordinator is doing"));
}

Answer<std::uint64_t> find_round(const AdminClient& coordinator, NumberOrNewest choice) {
    if (choice) return *choice;
    const auto rounds = coordinator.get("/v1/rounds?limit=1");
    if (!rounds) return tl::unexpected(rounds.error());
    for (const Value round : rounds->root()["data"].items()) {
        if (const auto id = round["id"].count()) return *id;
    }
    return tl::unexpected(
        nothing_yet("no round has been opened yet",
                    "a round opens with the first update; 'skerry node list' shows who could send one"));
}

}  // namespace skerry::cli
