#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/base/ids.hpp"
#include "common/base/time.hpp"
#include "common/http/server.hpp"

/// What calls take along. Included by .cpp files only.
namespace skerry::coordinator {

/// `limit`: 20 when left out, 100,000 at most.
[[nodiscard]] Result<std::size_t> limit_of(const http::Request& request);
/// Empty: it is left out.
[[nodiscard]] std::string query_text(const http::Request& request, const char* key);
/// `since_s`, as the moment so many seconds before now.
[[nodiscard]] Result<std::optional<TimePoint>> since_of(const http::Request& request);
/// An object; an empty one when there is no body.
[[nodiscard]] Result<nlohmann::json> body_of(const http::Request& request);
/// `reason` of the body: why an operator wants what the ledger will tell for ever.
[[nodiscard]] Result<std::string> reason_in(const http::Request& request);
/// False when it is left out.
[[nodiscard]] Result<bool> flag_in(const http::Request& request, const char* key);
/// `tier` of the body; light when it is left out.
[[nodiscard]] Result<Tier> tier_in(const http::Request& request);

}  // namespace skerry::coordinator
