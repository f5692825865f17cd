#include "common/base/bytes.hpp"

#include <bit>

namespace skerry {

static_assert(std::endian::native == std::endian::little,
              "the formats of Skerry are written for little-endian targets");

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<unsigned>(byte);
        text += kHexDigits[value >> 4U];
        text += kHexDigits[value & 15U];
    }
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fail(ErrorCode::InvalidInput, "hexadecimal text has an odd number of digits");
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = kHexDigits.find(text[i]);
        const std::size_t low = kHexDigits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return fail(ErrorCode::InvalidInput, "not a lower-case hexadecimal digit at position " + std::to_string(i));
        }
        bytes.push_back(static_cast<std::byte>(high << 4U | low));
    }
    return bytes;
}

std::string to_base64url(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const std::byte byte : bytes) {
        pending = pending << 8U | std::to_integer<std::uint32_t>(byte);
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text += kBase64[pending >> bits & 63U];
        }
    }
    if (bits > 0) text += kBase64[pending << (6 - bits) & 63U];
    return text;
}

Result<Bytes> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return fail(ErrorCode::InvalidInput, "base64url text is cut off");
    Bytes bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t value = kBase64.find(text[i]);
        if (value == std::string_view::npos) {
            return fail(ErrorCode::InvalidInput, "not a base64url character at position " + std::to_string(i));
        }
        pending = pending << 6U | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::byte>(pending >> bits & 255U));
        }
    }
    if ((pending & ((1U << bits) - 1U)) != 0)
        return fail(ErrorCode::InvalidInput, "base64url text has stray bits at its end");
    return bytes;
}

}  // namespace skerry
