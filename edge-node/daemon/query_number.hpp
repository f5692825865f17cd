#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "common/http/server.hpp"

namespace skerry::node {

/// A whole number of a request's query; `otherwise` where it is not asked. Nothing: it is none.
[[nodiscard]] inline std::optional<std::uint64_t> number_in(const http::Request& request, const char* name,
                                                            std::uint64_t otherwise) {
    const auto asked = request.query.find(name);
    if (asked == request.query.end()) return otherwise;
    const std::string& text = asked->second;
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace skerry::node
