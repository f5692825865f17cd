#include <algorithm>
#include <numeric>

#include "common/config/document_state.hpp"

namespace skerry::config::detail {

namespace {

/// Levenshtein's distance, one row at a time.
std::size_t edits_between(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i] == to[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::set<std::string, std::less<>>& known) {
    std::string best;
    std::size_t best_edits = std::clamp<std::size_t>((word.size() + 1) / 3, 1, 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t edits = edits_between(word.substr(0, 64), candidate);
        if (edits >= best_edits) continue;
        best_edits = edits;
        best = candidate;
    }
    return best;
}

}  // namespace skerry::config::detail
