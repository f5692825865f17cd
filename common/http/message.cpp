#include "common/http/message.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace skerry::http {

namespace {
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}
}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (same_name(key, name)) return value;
    }
    return {};
}

Response text_response(std::string body, std::string content_type) {
    Response response;
    response.body = std::move(body);
    response.content_type = std::move(content_type);
    return response;
}

Response error_response(int status, std::string_view sentence, Headers headers) {
    using Json = nlohmann::json;
    // The sentence may quote what a peer sent, so bytes that are no UTF-8 are shown as U+FFFD instead of refused.
    std::string body = Json{{"error", sentence}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    return Response{.status = status, .body = std::move(body), .headers = std::move(headers)};
}

}  // namespace skerry::http
