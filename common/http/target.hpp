#pragma once

#include <string_view>

#include "common/base/error.hpp"
#include "common/http/message.hpp"

namespace skerry::http {

/// Splits and percent-decodes a request target ("/v2/models/a%20b?limit=3", "http://host/path", or "*") into
/// `request.path` and `request.query`; '+' in the query is a space.
/// InvalidInput: no path, a broken percent sign, or an encoded zero byte.
[[nodiscard]] Result<> read_target(std::string_view target, Request& request);

}  // namespace skerry::http
