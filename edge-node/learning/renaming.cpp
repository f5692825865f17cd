#include "edge-node/learning/renaming.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "common/base/error.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kSwapWitnesses = 3;    // a class
constexpr std::size_t kForEachAsBefore = 3;  // and for each row that carries the old name
constexpr std::size_t kKnownRows = 2;
constexpr std::size_t kNamedMax = 5;

struct Pair {
    std::size_t rows = 0;
    std::uint32_t answer = 0;
    std::uint32_t label = 0;
};

/// Rows by answer and label.
std::vector<Pair> pairs_of(const LabelledAnswers& fresh) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> rows;
    for (std::size_t i = 0; i < fresh.answers.size(); ++i)
        ++rows[{fresh.answers[i], fresh.labels[i]}];
    std::vector<Pair> pairs;
    pairs.reserve(rows.size());
    for (const auto& [classes, count] : rows)
        pairs.push_back({count, classes.first, classes.second});
    return pairs;
}

/// The most frequent pairs first, as long as neither class has its place; then each its own name, then what is left.
Renaming most_likely(std::vector<Pair> pairs, std::size_t classes) {
    std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
        return std::tuple(b.rows, a.answer, a.label) < std::tuple(a.rows, b.answer, b.label);
    });
    for (std::uint32_t c = 0; c < classes; ++c)
        pairs.push_back({0, c, c});
    const auto nobody = static_cast<std::uint32_t>(classes);
    Renaming renaming(classes, nobody);
    std::vector<bool> taken(classes, false);
    for (const Pair& pair : pairs) {
        if (renaming[pair.answer] != nobody || taken[pair.label]) continue;
        renaming[pair.answer] = pair.label;
        taken[pair.label] = true;
    }
    std::uint32_t free = 0;
    for (std::uint32_t& name : renaming) {
        if (name != nobody) continue;
        while (taken[free])
            ++free;
        name = free++;
    }
    return renaming;
}

struct Tally {
    std::size_t rows = 0;
    std::size_t witnesses = 0;
    std::size_t as_before = 0;
};

Tally tally_of(std::uint32_t answer, const Renaming& renaming, const std::vector<Pair>& pairs) {
    Tally tally;
    for (const Pair& pair : pairs) {
        if (pair.answer != answer) continue;
        tally.rows += pair.rows;
        if (pair.label == renaming[answer]) tally.witnesses += pair.rows;
        if (pair.label == answer) tally.as_before += pair.rows;
    }
    return tally;
}

bool is_witnessed(const std::vector<std::uint32_t>& cycle, const Renaming& renaming, const std::vector<Pair>& pairs) {
    Tally all;
    for (const std::uint32_t c : cycle) {
        const Tally tally = tally_of(c, renaming, pairs);
        if (tally.witnesses <= tally.as_before) return false;
        all.rows += tally.rows;
        all.witnesses += tally.witnesses;
        all.as_before += tally.as_before;
    }
    return 2 * all.witnesses >= all.rows && all.witnesses >= kForEachAsBefore * all.as_before &&
           all.witnesses >= kSwapWitnesses * cycle.size();
}

std::vector<bool> known_classes(const LabelledAnswers& held_out, std::size_t classes) {
    std::vector<std::size_t> rows(classes), right(classes);
    for (std::size_t i = 0; i < held_out.labels.size(); ++i) {
        ++rows[held_out.labels[i]];
        right[held_out.labels[i]] += held_out.answers[i] == held_out.labels[i] ? 1 : 0;
    }
    std::vector<bool> known(classes);
    for (std::size_t c = 0; c < classes; ++c)
        known[c] = right[c] >= kKnownRows && 2 * right[c] >= rows[c];
    return known;
}

Renaming witnessed_by(const LabelledAnswers& fresh, const std::vector<bool>& known) {
    const std::vector<Pair> pairs = pairs_of(fresh);
    Renaming renaming = most_likely(pairs, known.size());
    std::vector<bool> seen(known.size(), false);
    for (std::uint32_t first = 0; first < known.size(); ++first) {
        std::vector<std::uint32_t> cycle;
        for (std::uint32_t c = first; !seen[c]; c = renaming[c]) {
            seen[c] = true;
            cycle.push_back(c);
        }
        const bool all_known = std::all_of(cycle.begin(), cycle.end(), [&](std::uint32_t c) { return known[c]; });
        if (all_known && is_witnessed(cycle, renaming, pairs)) continue;
        for (const std::uint32_t c : cycle)
            renaming[c] = c;
    }
    return renaming;
}

}  // namespace

Renaming renaming_of(const LabelledAnswers& fresh, const LabelledAnswers& held_out, std::size_t classes) {
    SKERRY_ASSERT(fresh.answers.size() == fresh.labels.size() && held_out.answers.size() == held_out.labels.size());
    const std::vector<bool> known = known_classes(held_out, classes);
    const std::size_t rows = fresh.labels.size();
    Renaming renaming;
    for (const std::size_t newest : {rows, rows * 3 / 4, rows / 2}) {
        renaming = witnessed_by({fresh.answers.last(newest), fresh.labels.last(newest)}, known);
        if (renames(renaming)) break;
    }
    return renaming;
}

bool renames(const Renaming& renaming) {
    for (std::size_t c = 0; c < renaming.size(); ++c) {
        if (renaming[c] != c) return true;
    }
    return false;
}

std::vector<float> with_renamed_heads(const parameters::ParameterLayout& layout, std::span<const float> parameters,
                                      const Renaming& renaming) {
    std::vector<float> renamed(parameters.begin(), parameters.end());
    for (const parameters::Block& block : layout.blocks()) {
        const bool of_a_head = block.name.find(".head.") != std::string::npos;
        if (!of_a_head || block.offset + block.count > parameters.size()) continue;
        SKERRY_ASSERT(block.shape[0] == renaming.size());
        const std::size_t row = block.count / renaming.size();
        for (std::size_t c = 0; c < renaming.size(); ++c)
            std::copy_n(&parameters[block.offset + c * row], row, &renamed[block.offset + renaming[c] * row]);
    }
    return renamed;
}

std::string sentence_of(const Renaming& renaming, std::span<const std::string> names) {
    std::string sentence;
    std::size_t renamed = 0;
    for (std::size_t c = 0; c < renaming.size(); ++c) {
        if (renaming[c] == c || ++renamed > kNamedMax) continue;
        sentence += (sentence.empty() ? "" : ", ") + names[c] + " is now called " + names[renaming[c]];
    }
    if (renamed > kNamedMax) sentence += " and " + std::to_string(renamed - kNamedMax) + " more";
    return sentence;
}

}  // namespace skerry::node
