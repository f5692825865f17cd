#pragma once

#include <cstddef>
#include <string_view>

namespace skerry {

/// Bytes of the well-formed UTF-8 character that begins at `at`, 1 to 4; 0: none does, or the text ends there.
/// No overlong forms, no surrogates, nothing beyond U+10FFFF. Unicode 15, table 3-7.
[[nodiscard]] std::size_t character_bytes(std::string_view text, std::size_t at);

/// Where the first byte stands that is not UTF-8; text.size(): all of it is.
[[nodiscard]] std::size_t first_not_utf8(std::string_view text);

/// The longest beginning of well-formed `text` that ends with a whole character and has at most `bytes_max` bytes.
[[nodiscard]] std::string_view whole_characters(std::string_view text, std::size_t bytes_max);

}  // namespace skerry
