#include "edge-node/api/json_reader.hpp"

#include <charconv>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {
namespace {

static_assert(limits::kJsonDepthMax < 64, "the depths have a bit each");

constexpr std::size_t kExactDigits = 18;  // of an integer that fits 64 bits

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void append_utf8(std::string& text, std::uint32_t code) {
    const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xC0U | code >> 6U);
    } else {
        if (code < 0x10000) {
            put(0xE0U | code >> 12U);
        } else {
            put(0xF0U | code >> 18U);
            put(0x80U | (code >> 12U & 0x3FU));
        }
        put(0x80U | (code >> 6U & 0x3FU));
    }
    put(0x80U | (code & 0x3FU));
}

}  // namespace

void JsonReader::refuse(std::string problem) {
    if (ok()) problem_ = std::move(problem);
    at_ = text_.size();
}

void JsonReader::malformed() {
    if (ok()) refuse("the body is no valid JSON at byte " + std::to_string(at_));
}

void JsonReader::skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
        ++at_;
}

JsonReader::Kind JsonReader::next_kind() {
    skip_space();
    switch (peek()) {
        case '{':
            return Kind::Object;
        case '[':
            return Kind::Array;
        case '"':
            return Kind::String;
        case 't':
        case 'f':
            return Kind::Boolean;
        case 'n':
            return Kind::Null;
        default:
            if (peek() == '-' || is_digit(peek())) return Kind::Number;
            malformed();
            return Kind::Nothing;
    }
}

void JsonReader::enter() {
    if (depth_ == limits::kJsonDepthMax) return refuse("the body is nested too deeply");
    ++at_;
    ++depth_;
    begun_ &= ~(std::uint64_t{1} << depth_);
}

bool JsonReader::next_in(char end) {
    if (!ok()) return false;
    skip_space();
    if (peek() == end) {
        ++at_;
        --depth_;
        return false;
    }
    const std::uint64_t bit = std::uint64_t{1} << depth_;
    if ((begun_ & bit) != 0) {
        if (peek() != ',') {
            malformed();
            return false;
        }
        ++at_;
        skip_space();
    }
    begun_ |= bit;
    return true;
}

std::optional<std::string_view> JsonReader::next_key() {
    if (!next_in('}')) return std::nullopt;
    std::string_view key;
    if (peek() == '"') key = string();
    skip_space();
    if (peek() != ':') malformed();
    if (!ok()) return std::nullopt;
    ++at_;
    return key;
}

std::string_view JsonReader::string() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size()) {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') return text_.substr(begin, at_++ - begin);
        if (byte == '\\') return escaped_string(begin);
        if (byte < 0x20 || (byte >= 0x80 ? !pass_utf8() : (++at_, false))) break;
    }
    malformed();
    return {};
}

std::string_view JsonReader::escaped_string(std::size_t begin) {
    decoded_.assign(text_.substr(begin, at_ - begin));
    while (at_ < text_.size()) {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte == '"') {
            ++at_;
            return decoded_;
        }
        const std::size_t from = at_;
        if (byte == '\\') {
            escape();
            continue;
        }
        if (byte < 0x20 || (byte >= 0x80 ? !pass_utf8() : (++at_, false))) break;
        decoded_.append(text_.substr(from, at_ - from));
    }
    malformed();
    return {};
}

void JsonReader::escape() {
    constexpr std::string_view kLetters = "\"\\/bfnrtu";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    const std::size_t letter = kLetters.find(peek());
    if (letter == std::string_view::npos) return malformed();
    ++at_;
    if (letter < kMeanings.size()) {
        decoded_ += kMeanings[letter];
        return;
    }
    std::uint32_t code = unicode_escape();
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
        at_ += 2;
        const std::uint32_t low = unicode_escape();
        if (low < 0xDC00 || low >= 0xE000) return malformed();
        code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    } else if (code >= 0xD800 && code < 0xE000) {
        return malformed();  // half of a pair
    }
    append_utf8(decoded_, code);
}

std::uint32_t JsonReader::unicode_escape() {
    std::uint32_t code = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (failure != std::errc() || end != digits.data() + digits.size() || digits.size() != 4) {
        malformed();
        return 0;
    }
    at_ += 4;
    return code;
}

/// One character of more than one byte; false: it is none. Unicode 15, table 3-7.
bool JsonReader::pass_utf8() {
    const auto byte = [this](std::size_t i) {
        return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0U;
    };
    const unsigned first = byte(0);
    std::size_t length = 0;
    unsigned second_min = 0x80;
    unsigned second_max = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0) second_min = 0xA0;
        if (first == 0xED) second_max = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0) second_min = 0x90;
        if (first == 0xF4) second_max = 0x8F;
    } else {
        return false;
    }
    if (byte(1) < second_min || byte(1) > second_max) return false;
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xBF) return false;
    }
    at_ += length;
    return true;
}

bool JsonReader::pass_digits() {
    const std::size_t begin = at_;
    while (is_digit(peek()))
        ++at_;
    return at_ > begin;
}

JsonReader::Number JsonReader::number() {
    const std::size_t begin = at_;
    const bool negative = peek() == '-';
    if (negative) ++at_;
    const std::size_t first_digit = at_;
    std::uint64_t magnitude = 0;
    for (; is_digit(peek()); ++at_)
        magnitude = magnitude * 10 + static_cast<std::uint64_t>(peek() - '0');  // wraps only where it is not used
    const std::size_t digits = at_ - first_digit;
    bool valid = digits > 0 && (digits == 1 || text_[first_digit] != '0');
    bool integer = true;
    if (peek() == '.') {
        integer = false;
        ++at_;
        valid = pass_digits() && valid;
    }
    if (peek() == 'e' || peek() == 'E') {
        integer = false;
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        valid = pass_digits() && valid;
    }
    if (!valid) {
        malformed();
        return {};
    }
    if (integer && digits <= kExactDigits) {
        const auto value = static_cast<double>(magnitude);
        return {negative ? -value : value, true};
    }
    double value = 0;
    if (std::from_chars(text_.data() + begin, text_.data() + at_, value).ec != std::errc()) {
        refuse("the body has a number that no float64 holds");
        return {};
    }
    return {value, integer};
}

void JsonReader::word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return malformed();
    at_ += expected.size();
}

bool JsonReader::boolean() {
    const bool value = peek() == 't';
    word(value ? "true" : "false");
    return value;
}

void JsonReader::skip() {
    switch (next_kind()) {
        case Kind::Object:
            enter_object();
            while (next_key())
                skip();
            return;
        case Kind::Array:
            enter_array();
            while (next_element())
                skip();
            return;
        case Kind::String:
            string();
            return;
        case Kind::Number:
            number();
            return;
        case Kind::Boolean:
            boolean();
            return;
        case Kind::Null:
            return word("null");
        case Kind::Nothing:
            return;
    }
}

void JsonReader::finish() {
    skip_space();
    if (at_ < text_.size()) malformed();
}

}  // namespace skerry::node
