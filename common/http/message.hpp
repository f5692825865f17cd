#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skerry::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header of that name, in any case; empty where there is none. Borrowed.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

struct Request {
    std::string method;                        ///< "GET", as sent
    std::string path;                          ///< "/v2/models/digits", percent-decoded, without the query
    std::map<std::string, std::string> query;  ///< percent-decoded; of a repeated key the last
    Headers headers;
    std::string body;
    bool local = false;  ///< came over the Unix socket

    [[nodiscard]] std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body{};
    Headers headers{};  ///< beside Content-Type and Content-Length

    [[nodiscard]] std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

/// 200 with that body.
[[nodiscard]] Response text_response(std::string body, std::string content_type);
/// `{"error":"…"}` with that status; the sentence may hold any bytes.
[[nodiscard]] Response error_response(int status, std::string_view sentence, Headers headers = {});

}  // namespace skerry::http
