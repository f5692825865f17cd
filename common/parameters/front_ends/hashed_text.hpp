#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::parameters {

/// Text as a vector of hashed features, for dense layers: no vocabulary, so that a word which nobody foresaw has a
/// place from its first day, on every node the same.
struct HashedText {
    /// Of all that these numbers do not say: the characters in a row, the hash, the cases, the scaling. Weights that
    /// were learned under other rules would read nonsense, so that a change of them needs another name.
    static constexpr std::string_view kRules = "hashed-text-1";

    std::size_t bytes = 1024;     ///< of UTF-8 that are read and stored; what lies beyond is cut, between characters
    std::size_t features = 4096;  ///< shape of the network's input: {1, features}

    /// Everything wrong with these numbers, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;

    bool operator==(const HashedText&) const = default;
};
inline constexpr std::size_t kTextBytesMax = 64 * 1024;
inline constexpr std::size_t kTextFeaturesMax = 1U << 16U;

/// A text as it is stored: `front_end.bytes` long, padded with zeros.
/// InvalidInput: not UTF-8, or it holds the character NUL; empty, or longer than kTextBytesMax.
[[nodiscard]] Result<Bytes> stored_text(const HashedText& front_end, std::string_view text);
/// The text in a stored sample, borrowed.
[[nodiscard]] std::string_view text_in(ByteView stored);

/// Shape {features}, length 1 (a text of spaces: 0). Features are the words, the pairs of neighbouring words, and of
/// each word between two spaces the 3, 4 and 5 characters in a row; each is hashed to a place and a sign, signs are
/// summed, a sum s counts as ±ln(1 + |s|). A word is letters and digits in a row (all characters from U+00C0 on count
/// as letters), or one of any other character that is no space. Case is dropped in the Latin-1, Greek and Cyrillic
/// alphabets, other scripts stay as they are; a digit is itself in words, and 0 in the rows of characters, so that
/// numbers of a form are alike. Deterministic; bytes that are not UTF-8 end the text. Cost: 40 µs for a text of 1,000
/// bytes. Weinberger et al. 2009, "Feature hashing for large scale multitask learning"; Bojanowski et al. 2017,
/// "Enriching word vectors with subword information", for the n-grams.
[[nodiscard]] std::vector<float> hashed_features(const HashedText& front_end, std::string_view text);

}  // namespace skerry::parameters
