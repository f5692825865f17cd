#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/cli/admin_client.hpp"

namespace skerry::cli {

/// Nothing: the newest.
using NumberOrNewest = std::optional<std::uint64_t>;

/// The node of this id, name, or beginning of an id (four digits or more) as 'node list' shows it.
/// not_found: there is none. conflict: several ids begin so.
[[nodiscard]] Answer<Document> find_node(const AdminClient& coordinator, const std::string& id_or_name);

/// not_found: nothing has been published yet.
[[nodiscard]] Answer<std::uint64_t> find_version(const AdminClient& coordinator, NumberOrNewest choice);
/// not_found: no round has been opened yet.
[[nodiscard]] Answer<std::uint64_t> find_round(const AdminClient& coordinator, NumberOrNewest choice);

/// "/v1/nodes/" and what is percent-encoded.
[[nodiscard]] std::string node_target(const std::string& id_or_name);

}  // namespace skerry::cli
