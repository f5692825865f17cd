#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skerry::cli {

enum class Charset { Utf8, Ascii };

/// One line of text that does nothing to a terminal but show itself, whoever wrote it. Line ends and tabs become
/// spaces; other control characters (C0, DEL, C1), invisible ones, those that reverse the direction of writing, and
/// bytes that are no UTF-8 become U+FFFD, so that a forged name is seen to be odd. In ASCII our own signs get their
/// nearest spelling ("µs" us, "…" ..., "—" -) and everything else beyond ASCII a question mark.
[[nodiscard]] std::string printable(std::string_view text, Charset charset);

/// Columns that `text` takes on a terminal: two for wide East Asian signs and emoji, none for combining marks.
/// `text` must be printable().
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` itself, or as much of its beginning as fits with an ellipsis into `width` columns.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width, Charset charset);

}  // namespace skerry::cli
