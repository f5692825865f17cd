#include "common/wire/text.hpp"

#include <array>
#include <cstdint>

namespace skerry::wire {

namespace {

// Of the first code point in `rest`, which is not empty; 0: not UTF-8 or a control character.
std::size_t plain_length(std::string_view rest) {
    const auto byte = [&rest](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(rest[i]));
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || lead > 0xF4 || rest.size() < length) return 0;
    std::uint32_t code_point = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return 0;
        code_point = code_point << 6U | (byte(i) & 0x3FU);
    }
    // The first bound of each length is the overlong forms'; that of two bytes also keeps out the C1 controls.
    constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0xA0, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    return code_point >= kSmallest.at(length) && code_point <= 0x10FFFF && !surrogate ? length : 0;
}

}  // namespace

bool is_plain_text(std::string_view text, LineBreaks breaks) {
    while (!text.empty()) {
        const bool white = breaks == LineBreaks::Allow && (text.front() == '\n' || text.front() == '\t');
        const std::size_t length = white ? 1 : plain_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string to_plain_text(std::string_view text, std::size_t bytes_max) {
    std::string plain;
    while (!text.empty()) {
        const std::size_t length = plain_length(text);
        const std::string_view next = length == 0 ? std::string_view("?") : text.substr(0, length);
        if (plain.size() + next.size() > bytes_max) break;
        plain += next;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return plain;
}

}  // namespace skerry::wire
