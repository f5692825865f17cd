#include "common/observe/log_text.hpp"

#include <cstdint>

namespace skerry::observe::log {

namespace {

constexpr std::size_t kValueBytesMax = 2048;
constexpr std::string_view kHex = "0123456789abcdef";

/// Bytes of the printable character that `text` starts with; 0 when it is a control, unprintable or no UTF-8.
std::size_t printable_bytes(std::string_view text) {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (length == 0 || first > 0xf4 || text.size() < length) return 0;
    std::uint32_t point = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0U) != 0x80) return 0;
        point = point << 6U | (byte & 0x3fU);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool overlong = point < kSmallest[length];
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    const bool control = point < 0xa0;  // C1: some terminals obey them
    const bool line_break = point == 0x2028 || point == 0x2029;
    const bool direction = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    const bool invisible = (point >= 0x200b && point <= 0x200f) || point == 0xfeff;
    return overlong || surrogate || control || line_break || direction || invisible || point > 0x10ffff ? 0 : length;
}

void append_escaped(std::string& out, char character) {
    const auto byte = static_cast<unsigned char>(character);
    switch (character) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\x";
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
    }
}

}  // namespace

std::string value_text(std::string_view text) {
    const bool cut = text.size() > kValueBytesMax;
    text = text.substr(0, kValueBytesMax);
    std::string out;
    bool bare = !text.empty() && !cut;
    while (!text.empty()) {
        const std::size_t length = printable_bytes(text);
        const char character = text[0];
        if (length == 0) {
            append_escaped(out, character);
        } else {
            if (character == '"' || character == '\\') out += '\\';
            out += text.substr(0, length);
        }
        bare = bare && length != 0 && std::string_view(" \"\\=").find(character) == std::string_view::npos;
        text.remove_prefix(length != 0 ? length : 1);
    }
    if (cut) out += "…";
    return bare ? out : "\"" + out + "\"";
}

std::string key_text(std::string_view text) {
    std::string out(text.empty() ? "_" : text);
    for (char& c : out) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) c = '_';
    }
    return out;
}

}  // namespace skerry::observe::log
