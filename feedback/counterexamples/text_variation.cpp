#include "feedback/counterexamples/text_variation.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace skerry::feedback {
namespace {

constexpr std::string_view kSpaces = " \t\r\n\v\f";

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t first = 0; (first = text.find_first_not_of(kSpaces, first)) != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(kSpaces, first), text.size());
        words.push_back(text.substr(first, end - first));
        first = end;
    }
    return words;
}

}  // namespace

std::string varied_text(std::string_view text, const TextLimits& limits, Random& random) {
    std::vector<std::string_view> words = words_of(text);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (random.uniform() < limits.swap) std::swap(words[i], words[i + 1]);
    }
    const std::size_t stays = words.empty() ? 0 : random.below(words.size());
    std::string made;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool dropped = random.uniform() < limits.drop;
        if (dropped && i != stays) continue;
        if (!made.empty()) made += ' ';
        made += words[i];
    }
    return made;
}

}  // namespace skerry::feedback
