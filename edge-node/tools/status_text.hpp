#pragma once

#include <string>
#include <string_view>

#include "common/base/error.hpp"

namespace skerry::node {

/// One screen from the JSON that GET /skerry/status gives. InvalidInput: it is no such JSON.
[[nodiscard]] Result<std::string> status_text(std::string_view json);

/// A table, newest first, from the JSON that GET /skerry/errors gives. InvalidInput: it is no such JSON.
[[nodiscard]] Result<std::string> errors_text(std::string_view json);

/// A table, newest first, from the JSON that GET /skerry/drift gives. InvalidInput: it is no such JSON.
[[nodiscard]] Result<std::string> drift_text(std::string_view json);

}  // namespace skerry::node
