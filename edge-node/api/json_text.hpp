#pragma once

#include <string>
#include <string_view>

namespace skerry::node {

/// Appends a JSON string literal. `text` is UTF-8, as parsed JSON and checked names are.
void append_json(std::string& json, std::string_view text);
/// Appends the shortest decimal that reads back as this float; 0 for what is not finite.
void append_json(std::string& json, float number);

/// Arrays and objects in this text are nested deeper than `depth_max`, inside or outside valid JSON. Asked before a
/// parser builds a tree of them.
[[nodiscard]] bool nests_deeper_than(std::string_view json, std::size_t depth_max);

}  // namespace skerry::node
