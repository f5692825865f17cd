#include "common/config/text_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/config/units.hpp"

namespace skerry::config {

namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '"' || character == '\\') {
            out += '\\';
            out += character;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        } else {
            out += character;
        }
    }
    return out + "\"";
}

std::string key_text(std::string_view key) {
    for (const char c : key) {
        const bool bare =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!bare) return toml_string(key);
    }
    return key.empty() ? "\"\"" : std::string(key);
}

/// The shortest text that reads back as the same double, and as a float rather than an integer.
std::string float_text(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    std::string text(digits.data(), end);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

template <class T, class Text>
std::string array_text(std::span<const T> values, Text text) {
    std::string out = "[";
    for (std::size_t i = 0; i < values.size(); ++i)
        out += (i == 0 ? "" : ", ") + text(values[i]);
    return out + "]";
}

}  // namespace

TextWriter& TextWriter::section(std::string_view name) {
    text_ += (text_.empty() ? "[" : "\n[") + std::string(name) + "]\n";
    return *this;
}

TextWriter& TextWriter::array_section(std::string_view name) {
    text_ += (text_.empty() ? "[[" : "\n[[") + std::string(name) + "]]\n";
    return *this;
}

TextWriter& TextWriter::comment(std::string_view text) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text_.append("# ").append(line).append("\n");
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return *this;
}

TextWriter& TextWriter::value(std::string_view key, std::string_view text) {
    return raw(key, toml_string(text));
}
TextWriter& TextWriter::value(std::string_view key, bool value) {
    return raw(key, value ? "true" : "false");
}
TextWriter& TextWriter::value(std::string_view key, double number) {
    return raw(key, float_text(number));
}
TextWriter& TextWriter::value(std::string_view key, std::chrono::nanoseconds duration) {
    return raw(key, toml_string(to_text(duration)));
}
TextWriter& TextWriter::value(std::string_view key, std::span<const std::string> texts) {
    return raw(key, array_text(texts, [](const std::string& text) { return toml_string(text); }));
}
TextWriter& TextWriter::value(std::string_view key, std::span<const double> numbers) {
    return raw(key, array_text(numbers, float_text));
}
TextWriter& TextWriter::value(std::string_view key, std::span<const std::int64_t> numbers) {
    return raw(key, array_text(numbers, [](std::int64_t number) { return std::to_string(number); }));
}
TextWriter& TextWriter::bytes(std::string_view key, std::uint64_t count) {
    return raw(key, toml_string(byte_size_text(count)));
}

TextWriter& TextWriter::raw(std::string_view key, std::string_view value) {
    text_.append(key_text(key)).append(" = ").append(value).append("\n");
    return *this;
}

}  // namespace skerry::config
