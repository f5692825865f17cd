#include "common/parameters/front_ends/hashed_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "common/base/random.hpp"
#include "common/base/utf8.hpp"

namespace skerry::parameters {
namespace {

constexpr std::size_t kShortest = 3;  // characters in a row
constexpr std::size_t kLongest = 5;

enum class Kind : std::uint64_t { Word = 1, Pair = 2, Characters = 3 };

char32_t code_point(std::string_view character) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    switch (character.size()) {
        case 1:
            return byte(0);
        case 2:
            return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
        case 3:
            return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
        default:
            return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU);
    }
}

bool within(char32_t c, char32_t first, char32_t last) {
    return c >= first && c <= last;
}

char32_t lower(char32_t c) {
    const bool by_32 = within(c, 'A', 'Z') || (within(c, 0xC0, 0xDE) && c != 0xD7) ||
                       (within(c, 0x391, 0x3A9) && c != 0x3A2) || within(c, 0x410, 0x42F);
    if (by_32) return c + 32;
    return within(c, 0x400, 0x40F) ? c + 80 : c;
}

bool is_digit(char32_t c) {
    return within(c, '0', '9');
}

bool is_space(char32_t c) {
    return c <= 0x20 || c == 0x7F || within(c, 0x80, 0xA0) || c == 0x3000 || within(c, 0x2000, 0x200A);
}

bool is_letter(char32_t c) {
    return within(c, 'a', 'z') || is_digit(c) || (c >= 0xC0 && !within(c, 0x2000, 0x206F));
}

using Word = std::u32string;

std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> words;
    bool in_word = false;
    std::size_t at = 0;
    for (std::size_t length = 0; (length = character_bytes(text, at)) > 0; at += length) {
        const char32_t c = lower(code_point(text.substr(at, length)));
        const bool letter = is_letter(c);
        if (!is_space(c)) {
            if (!in_word || !letter) words.emplace_back();
            words.back() += c;
        }
        in_word = letter;
    }
    return words;
}

std::uint64_t hash_of(Kind kind, std::u32string_view characters, std::uint64_t seed = 0) {
    std::uint64_t hash = Random::mixed(static_cast<std::uint64_t>(kind), seed);
    for (const char32_t c : characters)
        hash = (hash ^ c) * 0x100000001B3U;  // FNV-1a, a character at a time
    return Random::mixed(hash, characters.size());
}

void count(std::vector<float>& features, std::uint64_t hash) {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t place = hash >> 1U;
    const auto index = static_cast<std::size_t>((static_cast<Wide>(place) * features.size()) >> 63U);
    features[index] += (hash & 1U) != 0 ? 1.0F : -1.0F;
}

void count_characters(std::vector<float>& features, const Word& word) {
    Word row = U" " + word + U" ";
    for (char32_t& c : row)
        c = is_digit(c) ? U'0' : c;
    for (std::size_t length = kShortest; length <= std::min(kLongest, row.size()); ++length) {
        for (std::size_t first = 0; first + length <= row.size(); ++first)
            count(features, hash_of(Kind::Characters, std::u32string_view(row).substr(first, length)));
    }
}

}  // namespace

std::vector<std::string> HashedText::problems() const {
    std::vector<std::string> problems;
    if (bytes < 16 || bytes > kTextBytesMax) {
        problems.push_back("input.bytes of a text must be 16 to " + std::to_string(kTextBytesMax));
    }
    if (features < 64 || features > kTextFeaturesMax) {
        problems.push_back("input.features of a text must be 64 to " + std::to_string(kTextFeaturesMax));
    }
    return problems;
}

Result<Bytes> stored_text(const HashedText& front_end, std::string_view text) {
    if (text.empty()) return fail(ErrorCode::InvalidInput, "the text is empty");
    if (text.size() > kTextBytesMax) {
        return fail(ErrorCode::InvalidInput, "the text has " + std::to_string(text.size()) + " bytes, the limit is " +
                                                 std::to_string(kTextBytesMax) + ": send the part that matters");
    }
    if (const std::size_t bad = first_not_utf8(text); bad < text.size()) {
        return fail(ErrorCode::InvalidInput, "the text is not UTF-8 at byte " + std::to_string(bad));
    }
    if (text.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::InvalidInput, "the text holds the character NUL: leave it out");
    }
    Bytes stored = copy_of(bytes_of(whole_characters(text, front_end.bytes)));
    stored.resize(front_end.bytes);
    return stored;
}

std::string_view text_in(ByteView stored) {
    const std::string_view text = text_of(stored);
    return text.substr(0, std::min(text.find('\0'), text.size()));
}

std::vector<float> hashed_features(const HashedText& front_end, std::string_view text) {
    std::vector<float> features(front_end.features, 0.0F);
    std::optional<std::uint64_t> before;
    for (const Word& word : words_of(text)) {
        const std::uint64_t hash = hash_of(Kind::Word, word);
        count(features, hash);
        if (before) count(features, hash_of(Kind::Pair, word, *before));
        count_characters(features, word);
        before = hash;
    }
    double square = 0;
    for (float& feature : features) {
        feature = std::copysign(std::log1p(std::abs(feature)), feature);
        square += double{feature} * double{feature};
    }
    const auto gain = static_cast<float>(square > 0 ? 1 / std::sqrt(square) : 0.0);
    for (float& feature : features)
        feature *= gain;
    return features;
}

}  // namespace skerry::parameters
