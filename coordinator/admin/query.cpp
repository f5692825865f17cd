#include "coordinator/admin/query.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "coordinator/admin/envelope.hpp"

namespace skerry::coordinator {
namespace {

using nlohmann::json;

constexpr std::uint64_t kRowsShown = 20;
constexpr std::uint64_t kRowsMax = 100'000;
constexpr std::uint64_t kSecondsMax = 50ULL * 365 * 24 * 3600;  // before now: further back there is no history

}  // namespace

Result<std::size_t> limit_of(const http::Request& request) {
    const auto wanted = request.query.find("limit");
    const std::uint64_t limit =
        wanted == request.query.end() ? kRowsShown : SKERRY_TRY(number_from(wanted->second, "limit"));
    return static_cast<std::size_t>(std::min(limit, kRowsMax));
}

std::string query_text(const http::Request& request, const char* key) {
    const auto found = request.query.find(key);
    return found == request.query.end() ? std::string() : found->second;
}

Result<std::optional<TimePoint>> since_of(const http::Request& request) {
    const std::string since = query_text(request, "since_s");
    if (since.empty()) return std::optional<TimePoint>();
    const std::uint64_t seconds = std::min(SKERRY_TRY(number_from(since, "since_s")), kSecondsMax);
    return std::optional(Clock::now() - std::chrono::seconds(seconds));
}

Result<json> body_of(const http::Request& request) {
    if (request.body.empty()) return json::object();
    json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) return fail(ErrorCode::InvalidInput, "the body must be a JSON object");
    return body;
}

}  // namespace skerry::coordinator
