#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Texts that strangers write and people, logs and terminals read.
namespace skerry::wire {

enum class LineBreaks { Refuse, Allow };

/// UTF-8 (RFC 3629) without control characters, so that it can neither end a log line nor steer a terminal.
/// LineBreaks::Allow also takes line feeds and tabs.
[[nodiscard]] bool is_plain_text(std::string_view text, LineBreaks breaks = LineBreaks::Refuse);

/// The longest beginning of `text` that fits into `bytes_max`, with a question mark for each byte that is_plain_text
/// would refuse.
[[nodiscard]] std::string to_plain_text(std::string_view text, std::size_t bytes_max);

}  // namespace skerry::wire
