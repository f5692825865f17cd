#pragma once

#include <cstdio>
#include <string>

/// For the .cpp files of this folder.
namespace skerry::node {

/// The number in printf's format, with at most 95 characters.
inline std::string number(const char* format, double value) {
    char text[96];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace skerry::node
