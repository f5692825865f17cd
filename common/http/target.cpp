#include "common/http/target.hpp"

#include <cstddef>
#include <optional>

#include "common/http/client.hpp"

namespace skerry::http {

namespace {

enum class Plus { IsPlus, IsSpace };

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

Result<std::string> decoded(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::IsSpace) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
            const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
            if (!low) {
                return fail(
                    ErrorCode::InvalidInput,
                    "the request target has a % without two hexadecimal digits after it: write a literal % as %25");
            }
            const auto byte = static_cast<char>(*high * 16 + *low);
            // A path may become a file name or a log field, where a zero byte would end it early.
            if (byte == '\0') return fail(ErrorCode::InvalidInput, "the request target holds %00: leave it out");
            out += byte;
            i += 2;
        }
    }
    return out;
}

/// "http://host/path" → "/path": RFC 9112 §3.2.2 obliges a server to take it.
std::string_view without_authority(std::string_view target) {
    const auto scheme = target.find("://");
    if (target.empty() || target.front() == '/' || scheme == std::string_view::npos) return target;
    if (target.substr(0, scheme).find_first_of("/?") != std::string_view::npos) return target;
    const auto path = target.find_first_of("/?", scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

Result<> read_target(std::string_view target, Request& request) {
    target = without_authority(target.substr(0, target.find('#')));
    const auto mark = target.find('?');
    request.path = SKERRY_TRY(decoded(target.substr(0, mark), Plus::IsPlus));
    if (request.path != "*" && !request.path.starts_with('/')) {
        return fail(ErrorCode::InvalidInput, "the request target must start with '/', as in GET /v2 HTTP/1.1");
    }
    if (mark == std::string_view::npos) return {};
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const std::string_view pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        std::string key = SKERRY_TRY(decoded(pair.substr(0, equals), Plus::IsSpace));
        const auto value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        request.query[std::move(key)] = SKERRY_TRY(decoded(value, Plus::IsSpace));
    }
    return {};
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        }
    }
    return out;
}

}  // namespace skerry::http
