#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skerry::node {

/// Scaled rows with what is said to be true of them.
struct ReviewedRows {
    std::span<const float> rows;            ///< shape [labels, values of a row]
    std::span<const std::uint32_t> labels;  ///< class indices
};

/// At least `votes` of the `count` rows that lie nearest to `row` carry this label. Equally near: the lower label
/// first. False where there are fewer than `count`. Of more than a thousand rows, a thousand or fewer are asked.
[[nodiscard]] bool neighbours_say(std::uint32_t answer, std::span<const float> row, const ReviewedRows& among,
                                  std::size_t count, std::size_t votes);

/// Which remembered rows a changed world contradicts: the model, after it has learned from the fresh rows, answers
/// another class than the remembered label, and so do two of the three fresh rows that lie nearest. Rows that were
/// merely forgotten are not among them: no fresh row says otherwise. Indices into `remembered`, ascending.
/// Cost: remembered × min(fresh, 1000) × min(values, 256) multiplications; only asked for while reacting to drift.
[[nodiscard]] std::vector<std::size_t> contradicted(const ReviewedRows& remembered,
                                                    std::span<const std::uint32_t> answers, const ReviewedRows& fresh);

/// Whether newer rows lie farther from the remembered ones than the older did, by the distances to the nearest: then
/// the inputs have changed, not only what is true of them. One-sided Mann-Whitney U test at 3 deviations (Mann, Whitney
/// 1947), among those whose nearest have the same label (van Elteren 1960): that one class comes more often than it did
/// is no change of its inputs. False where there are too few to tell.
/// Cost: (newer + older) × remembered × values multiplications, of each at most 200, 200, 1000, and 256.
[[nodiscard]] bool lie_apart(std::span<const float> newer, std::span<const float> older,
                             const ReviewedRows& remembered);

}  // namespace skerry::node
