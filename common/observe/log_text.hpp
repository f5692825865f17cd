#pragma once

#include <string>
#include <string_view>

namespace skerry::observe::log {

/// A text as one value of a log line: bare where that is unambiguous, otherwise in quotes with escapes. Line breaks,
/// control characters, bytes that are no UTF-8 and characters that reorder text on a terminal are always escaped, so a
/// value can neither end its line nor pass for another field. Cut after 2 KiB.
[[nodiscard]] std::string value_text(std::string_view text);

/// A name with every character but a–z 0–9 and _ replaced: keys come from our code, and even so cannot break a line.
[[nodiscard]] std::string key_text(std::string_view text);

}  // namespace skerry::observe::log
