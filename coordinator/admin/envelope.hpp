#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/http/server.hpp"

/// The one envelope of API.md around every answer. Included by .cpp files only.
namespace skerry::coordinator {

void succeed(const http::Respond& respond, nlohmann::json data);
/// The HTTP status follows the code; the hint says where to look next.
void fail_with(const http::Respond& respond, const Error& error);

/// Answers with the error, if there is one: `if (failed(respond, rows)) return;`
template <class T>
[[nodiscard]] bool failed(const http::Respond& respond, const Result<T>& result) {
    if (!result) fail_with(respond, result.error());
    return !result;
}

/// A whole number of a path or query. InvalidInput: another text; `what` names it.
[[nodiscard]] Result<std::uint64_t> number_from(const std::string& text, std::string_view what);

}  // namespace skerry::coordinator
