#include "coordinator/cli/printable.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace skerry::cli {

namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;

using Range = std::pair<char32_t, char32_t>;

// Unicode 15: invisible or direction-changing signs that can make one name look like another.
constexpr std::array<Range, 14> kTreacherous{{{0x00AD, 0x00AD},
                                              {0x034F, 0x034F},
                                              {0x061C, 0x061C},
                                              {0x115F, 0x1160},
                                              {0x17B4, 0x17B5},
                                              {0x180B, 0x180F},
                                              {0x200B, 0x200F},
                                              {0x2028, 0x202E},
                                              {0x2060, 0x206F},
                                              {0x3164, 0x3164},
                                              {0xFE00, 0xFE0F},
                                              {0xFEFF, 0xFEFF},
                                              {0xFFF0, 0xFFFB},
                                              {0xE0000, 0x10FFFF}}};
constexpr std::array<Range, 6> kCombining{
    {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F}}};
// Unicode Standard Annex 11, in coarse blocks.
constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                      {0x2E80, 0x303E},
                                      {0x3041, 0xA4CF},
                                      {0xAC00, 0xD7A3},
                                      {0xF900, 0xFAFF},
                                      {0xFE30, 0xFE6F},
                                      {0xFF00, 0xFF60},
                                      {0x1F300, 0x1F9FF},
                                      {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t sign) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [sign](const Range& range) { return sign >= range.first && sign <= range.second; });
}

/// Takes one sign off the front; kInvalid for a byte that begins none.
char32_t take_sign(std::string_view& text) {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || length > text.size()) {
        text.remove_prefix(1);
        return kInvalid;
    }
    char32_t sign = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            text.remove_prefix(1);
            return kInvalid;
        }
        sign = (sign << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = sign >= 0xD800 && sign <= 0xDFFF;
    if (sign < kSmallest[length] || surrogate || sign > 0x10FFFF) {
        text.remove_prefix(1);
        return kInvalid;
    }
    text.remove_prefix(length);
    return sign;
}

std::string_view ascii_spelling(char32_t sign) {
    switch (sign) {
        case U'µ':
            return "u";
        case U'…':
            return "...";
        case U'—':
        case U'·':
            return "-";
        case U'×':
            return "x";
        case U'≠':
            return "!=";
        default:
            return "?";
    }
}

std::size_t width_of(char32_t sign) {
    if (within(kCombining, sign)) return 0;
    return within(kWide, sign) ? 2 : 1;
}

}  // namespace

std::string printable(std::string_view text, Charset charset) {
    const std::string_view odd = charset == Charset::Ascii ? "?" : "\xEF\xBF\xBD";
    std::string line;
    line.reserve(text.size());
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t sign = take_sign(text);
        if (sign == U'\n' || sign == U'\r' || sign == U'\t') {
            line += ' ';
        } else if (sign < 0x20 || (sign >= 0x7F && sign < 0xA0) || sign == kInvalid || within(kTreacherous, sign)) {
            line += odd;
        } else if (sign < 0x7F || charset == Charset::Utf8) {
            line += before.substr(0, before.size() - text.size());
        } else {
            line += ascii_spelling(sign);
        }
    }
    return line;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty())
        width += width_of(take_sign(text));
    return width;
}

std::string shortened(std::string_view text, std::size_t width, Charset charset) {
    if (display_width(text) <= width) return std::string(text);
    const std::string_view ellipsis = charset == Charset::Ascii ? "..." : "…";
    const std::size_t ellipsis_width = display_width(ellipsis);
    if (width < ellipsis_width) return std::string(width, '.');
    std::string_view rest = text;
    std::size_t taken = 0;
    std::size_t bytes = 0;
    while (!rest.empty()) {
        taken += width_of(take_sign(rest));
        if (taken > width - ellipsis_width) break;
        bytes = text.size() - rest.size();
    }
    return std::string(text.substr(0, bytes)).append(ellipsis);
}

}  // namespace skerry::cli
