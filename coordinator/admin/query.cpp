#include "coordinator/admin/query.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "coordinator/admin/envelope.hpp"

namespace skerry::coordinator {
namespace {

using nlohmann::json;

constexpr std::uint64_t kRowsUnasked = 20;
constexpr std::uint64_t kRowsMax = 100'000;
constexpr std::uint64_t kSecondsMax = 50ULL * 365 * 24 * 3600;  // before now: further back there is no history

}  // namespace

Result<std::size_t> limit_of(const http::Request& request) {
    const auto wanted = request.query.find("limit");
    const std::uint64_t limit =
        wanted == request.query.end() ? kRowsUnasked : SKERRY_TRY(number_from(wanted->second, "limit"));
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

Result<std::string> reason_in(const http::Request& request) {
    const nlohmann::json body = SKERRY_TRY(body_of(request));
    const auto reason = body.find("reason");
    if (reason == body.end() || !reason->is_string() || reason->get_ref<const std::string&>().empty() ||
        reason->get_ref<const std::string&>().size() > 512) {
        return fail(ErrorCode::InvalidInput, "say why, in 'reason': 1 to 512 bytes that the ledger keeps");
    }
    return reason->get<std::string>();
}

Result<bool> flag_in(const http::Request& request, const char* key) {
    const nlohmann::json body = SKERRY_TRY(body_of(request));
    const auto found = body.find(key);
    if (found == body.end()) return false;
    if (!found->is_boolean()) return fail(ErrorCode::InvalidInput, std::string("'") + key + "' is true or false");
    return found->get<bool>();
}

Result<Tier> tier_in(const http::Request& request) {
    const nlohmann::json body = SKERRY_TRY(body_of(request));
    const auto found = body.find("tier");
    if (found == body.end()) return Tier::Light;
    if (!found->is_string()) return fail(ErrorCode::InvalidInput, "'tier' is \"light\", \"medium\" or \"heavy\"");
    return tier_named(found->get<std::string>());
}

}  // namespace skerry::coordinator
