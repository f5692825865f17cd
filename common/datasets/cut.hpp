#pragma once

#include <algorithm>
#include <string_view>

/// For the .cpp files of this folder.
namespace skerry::datasets {

/// What stands before the first separator, or all of it; the text goes on behind it.
inline std::string_view cut(std::string_view& text, char separator) {
    const std::size_t at = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return part;
}

}  // namespace skerry::datasets
