#pragma once

#include <string>
#include <string_view>

#include "common/base/random.hpp"

namespace skerry::feedback {

struct TextLimits {
    double drop = 0.1;  ///< chance of each word to be left out; one always stays
    double swap = 0.1;  ///< chance of each word to change places with the one behind it
};

/// A text near `text`, drawn: words, as spaces part them, are left out and neighbours change places; spaces become one
/// each. Never longer than `text`. Deterministic for its random numbers. Wei and Zou 2019, "EDA: easy data augmentation
/// techniques for boosting performance on text classification tasks".
[[nodiscard]] std::string varied_text(std::string_view text, const TextLimits& limits, Random& random);

}  // namespace skerry::feedback
