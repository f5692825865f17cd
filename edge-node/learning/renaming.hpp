#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/parameters/layout.hpp"

namespace skerry::node {

/// What each class is called now, shape [classes]: a permutation.
using Renaming = std::vector<std::uint32_t>;

/// What a model answers to some rows, and what they are labelled with.
struct LabelledAnswers {
    std::span<const std::uint32_t> answers;
    std::span<const std::uint32_t> labels;
};

/// Whether the classes are called otherwise since the world has changed: a label map that was swapped, a renumbered
/// list, a sensor whose sign was turned. Then what a model knows is still true, and only the names are not; to learn
/// them anew from a hundred rows would cost what it knows. `fresh`: new rows in their order, answered before they were
/// learned; `held_out`: of the old world, never trained on.
///
/// The permutation that explains most rows, built from the most frequent pairs; of it the cycles that are well
/// witnessed: half of the rows answered with their classes carry the new name, three times as many as carry the old
/// one, and three a class on average; of each class more than carry the old one. And of each the model still answers
/// half of the held-out rows by the old name, two at least: what was forgotten, is new or has its new name already is
/// not renamed. The world may have changed within `fresh`, so all of it is asked, then the newest three quarters, then
/// the newest half. Identity: nothing is called otherwise. Cost: rows · log(rows) + classes · rows.
[[nodiscard]] Renaming renaming_of(const LabelledAnswers& fresh, const LabelledAnswers& held_out, std::size_t classes);

[[nodiscard]] bool renames(const Renaming& renaming);

/// The weights that answer by the new names: of every exit that `parameters`, a tier's prefix, hold, the head's rows
/// change places.
[[nodiscard]] std::vector<float> with_renamed_heads(const parameters::ParameterLayout& layout,
                                                    std::span<const float> parameters, const Renaming& renaming);

/// "3 is now called 8, 8 is now called 3", five at most and how many more.
[[nodiscard]] std::string sentence_of(const Renaming& renaming, std::span<const std::string> names);

}  // namespace skerry::node
