#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"

namespace skerry::datasets {

/// The class that data calls `field`: its name, or, where no name is a number, its index. A name wins.
/// InvalidInput: neither; the message has no file or line.
[[nodiscard]] Result<std::uint32_t> class_label(std::string_view field, const std::vector<std::string>& names);

/// The number that the whole of `text` is, as from_chars reads it, also after a `+`; nothing: it is none.
template <class Number>
[[nodiscard]] std::optional<Number> number_in(std::string_view text) {
    Number number{};
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);  // which from_chars does not know
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

/// Of what stands in a file, so much as fits into a sentence.
[[nodiscard]] std::string shown(std::string_view field);

}  // namespace skerry::datasets
