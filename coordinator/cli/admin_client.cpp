#include "coordinator/cli/admin_client.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "common/base/limits.hpp"
#include "common/http/client.hpp"
#include "coordinator/cli/humanise.hpp"

namespace skerry::cli {

namespace {

constexpr std::size_t kEnvelopeBytesMax = std::size_t{64} << 20U;
/// Every parameter as float32, and room for the declaration, origin and manifest beside them.
constexpr std::size_t kModelBytesMax = limits::kParametersMax * sizeof(float) + (std::size_t{1} << 20U);

ExitCode exit_of(std::string_view code, int status) {
    if (code == "invalid_input" || status == 400 || status == 413) return ExitCode::Usage;
    if (code == "permission_denied" || status == 401 || status == 403) return ExitCode::Denied;
    if (code == "not_found" || status == 404) return ExitCode::NotFound;
    if (code == "conflict" || code == "version_mismatch" || status == 409) return ExitCode::Conflict;
    if (code == "unavailable" || status == 429 || status == 503) return ExitCode::DependencyDown;
    return ExitCode::Bug;
}

std::string_view code_of(ExitCode exit) {
    switch (exit) {
        case ExitCode::Usage:
            return "invalid_input";
        case ExitCode::Denied:
            return "permission_denied";
        case ExitCode::NotFound:
            return "not_found";
        case ExitCode::Conflict:
            return "conflict";
        case ExitCode::DependencyDown:
            return "unavailable";
        default:
            return "internal";
    }
}

/// For a coordinator that names no next step itself.
std::string hint_for(ExitCode exit, std::string_view target) {
    switch (exit) {
        case ExitCode::Usage:
            return "'skerry --help' shows what each verb takes";
        case ExitCode::Denied:
            return "run it as the user that runs the coordinator, or through sudo";
        case ExitCode::Conflict:
            return {};  // what stands in the way differs each time: the message says it
        case ExitCode::DependencyDown:
            return "try again soon; the coordinator's log says what it waits for";
        case ExitCode::NotFound:
            for (const std::string_view noun : {"node", "round", "model", "token"}) {
                if (target.find("/v1/" + std::string(noun) + 's') == 0) {
                    return "'skerry " + std::string(noun) + " list' shows those that exist";
                }
            }
            return "'skerry --help' shows what can be asked";
        default:
            return "report this with the coordinator's log of this minute; 'skerry version' is this program's";
    }
}

Failure bug(std::string message) {
    return {ExitCode::Bug, "internal", std::move(message), hint_for(ExitCode::Bug, {})};
}

Failure refusal(const http::Response& response, std::string_view target) {
    const auto document = Document::parse(response.body);
    const Value envelope = document ? document->root() : Value{};
    const std::string named = envelope["error_code"].text().value_or("");
    const ExitCode exit = exit_of(named, response.status);
    // The HTTP server itself refuses, before the API, with {"error": "…"}.
    const std::string fallback = envelope["error"].text().value_or("the coordinator answered with HTTP status " +
                                                                   std::to_string(response.status));
    std::string hint = envelope["hint"].text().value_or("");
    if (hint.empty()) hint = hint_for(exit, target);
    return {exit, named.empty() ? std::string(code_of(exit)) : named, envelope["message"].text().value_or(fallback),
            std::move(hint)};
}

Answer<Document> envelope_in(const http::Response& response, std::string_view target) {
    if (response.status != 200) return tl::unexpected(refusal(response, target));
    auto document = Document::parse(response.body);
    if (!document) return tl::unexpected(bug("the coordinator's answer is no JSON: " + document.error().message));
    const Value envelope = document->root();
    if (envelope["schema_version"].count() != 1U) {
        return tl::unexpected(Failure{ExitCode::Bug, "version_mismatch",
                                      "the coordinator answers in another form than this program knows",
                                      "use the 'skerry' that was installed with this coordinator"});
    }
    if (envelope["status"].text() != "ok") return tl::unexpected(refusal(response, target));
    return std::move(*document);
}

}  // namespace

Answer<Document> AdminClient::get(const std::string& target) const {
    const auto response = exchange("GET", target, {}, kQuick, kEnvelopeBytesMax);
    if (!response) return tl::unexpected(response.error());
    return envelope_in(*response, target);
}

Answer<Document> AdminClient::post(const std::string& target, const std::vector<Field>& fields,
                                   std::chrono::milliseconds time) const {
    const auto response = exchange("POST", target, to_json(fields), time, kEnvelopeBytesMax);
    if (!response) return tl::unexpected(response.error());
    return envelope_in(*response, target);
}

Answer<std::string> AdminClient::download(const std::string& target) const {
    auto response = exchange("GET", target, {}, kLong, kModelBytesMax);
    if (!response) return tl::unexpected(std::move(response).error());
    if (response->status != 200) return tl::unexpected(refusal(*response, target));
    if (response->content_type.find("application/octet-stream") != 0) {
        return tl::unexpected(bug("the coordinator sent no file but " + response->content_type));
    }
    return std::move(response->body);
}

Answer<http::Response> AdminClient::exchange(std::string_view method, const std::string& target, std::string body,
                                             std::chrono::milliseconds time, std::size_t bytes_max) const {
    http::ClientOptions options;
    options.request_time = patience_.value_or(time);
    options.connect_time = std::min(options.connect_time, options.request_time);
    options.response_bytes_max = bytes_max;

    auto client = http::Client::connect("unix:" + (directory_ / "admin.sock").string(), options);
    if (!client) {
        if (client.error().code != ErrorCode::InvalidInput) return tl::unexpected(no_connection());
        return tl::unexpected(Failure{ExitCode::Usage, "invalid_input", std::move(client).error().message,
                                      "change into the coordinator's directory and name it '--dir .'"});
    }
    const http::Headers headers = body.empty() ? http::Headers{} : http::Headers{{"Content-Type", "application/json"}};
    const auto asked = std::chrono::steady_clock::now();
    auto response = client->request(method, target, std::move(body), headers);
    if (response) return std::move(*response);
    if (response.error().code != ErrorCode::Unavailable) {
        return tl::unexpected(bug(std::move(response).error().within("asking the coordinator").message));
    }
    if (std::chrono::steady_clock::now() - asked < options.request_time) {
        return tl::unexpected(
            Failure{ExitCode::NoConnection, "no_connection",
                    "the coordinator went away before its answer: " + response.error().message,
                    "see that it runs with 'skerry status', look whether it was done, then repeat it"});
    }
    return tl::unexpected(Failure{ExitCode::Timeout, "timeout",
                                  "no whole answer from the coordinator within " + human_duration(options.request_time),
                                  "allow it more with --timeout 10m; what was asked may have been done meanwhile"});
}

Failure AdminClient::no_connection() const {
    const std::string socket = (directory_ / "admin.sock").string();
    if (::access(socket.c_str(), R_OK | W_OK) != 0 && errno == EACCES) {
        return {ExitCode::Denied, "permission_denied", "this user may not open " + socket,
                hint_for(ExitCode::Denied, {})};
    }
    return {
        ExitCode::NoConnection, "no_connection", "no coordinator answers on " + socket,
        "start it with 'skerry-coordinator run --dir " + directory_.string() + "', or name its directory with --dir"};
}

}  // namespace skerry::cli
