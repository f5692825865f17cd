#pragma once

#include <cstdio>
#include <cstdlib>

#include "common/base/error.hpp"

namespace skerry::fuzz {

/// The longest refusal: none sends back what it was sent.
inline constexpr std::size_t kSentenceMax = 1024;

/// A finding, unless it was kept.
inline void hold(bool kept, const char* promise) {
    if (kept) return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

inline void hold_refusal(const Error& error) {
    hold(error.code == ErrorCode::InvalidInput, "what is refused is refused as bad input");
    hold(!error.message.empty() && error.message.size() <= kSentenceMax, "a refusal is a sentence");
}

}  // namespace skerry::fuzz
