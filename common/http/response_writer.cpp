#include "common/http/response_writer.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <ostream>  // Boost 1.74's status.hpp needs it first
#include <string_view>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/beast/http/status.hpp>

namespace skerry::http {

namespace {

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_value(std::string& out, std::string_view value) {
    const std::size_t first = out.size();
    out.append(value);
    for (std::size_t i = first; i < out.size(); ++i) {
        if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
    }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    append_value(out, name);
    out.append(": ");
    append_value(out, value);
    out.append("\r\n");
}

}  // namespace

bool has_no_body(int status) {
    return status == 204 || status == 304;
}

void write_head(std::string& head, const Response& response, Framing framing) {
    const auto status = static_cast<unsigned>(response.status);
    const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    head.assign("HTTP/1.1 ");
    append_number(head, status);
    head.append(" ").append(reason.data(), reason.size()).append("\r\n");
    if (!has_no_body(response.status)) {
        if (!response.content_type.empty()) append_header(head, "Content-Type", response.content_type);
        head.append("Content-Length: ");
        append_number(head, response.body.size());
        head.append("\r\n");
    }
    for (const auto& [name, value] : response.headers)
        append_header(head, name, value);
    if (!framing.keep_alive) {
        head.append("Connection: close\r\n");
    } else if (framing.http_1_0) {
        head.append("Connection: keep-alive\r\n");
    }
    head.append("\r\n");
}

}  // namespace skerry::http
