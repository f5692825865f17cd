#include "edge-node/learning/replay_review.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "common/base/error.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kNeighbours = 3;
constexpr std::size_t kVotes = 2;
// Of a larger row this many values or fewer, evenly spread, say which rows are near: this runs beside serving.
constexpr std::size_t kComparedMax = 256;

float distance(std::span<const float> a, std::span<const float> b) {
    const auto squared = [&](std::size_t i) { return (a[i] - b[i]) * (a[i] - b[i]); };
    const std::size_t stride = 1 + (a.size() - 1) / kComparedMax;
    // Four sums, so that no addition waits for the one before it.
    std::array<float, 4> sums{};
    std::size_t i = 0;
    for (; i + 3 * stride < a.size(); i += 4 * stride) {
        for (std::size_t k = 0; k < sums.size(); ++k)
            sums[k] += squared(i + k * stride);
    }
    for (; i < a.size(); i += stride)
        sums[0] += squared(i);
    return sums[0] + sums[1] + sums[2] + sums[3];
}

}  // namespace

bool neighbours_say(std::uint32_t answer, std::span<const float> row, const ReviewedRows& among, std::size_t count,
                    std::size_t votes) {
    using Neighbour = std::pair<float, std::uint32_t>;  // distance, label
    std::vector<Neighbour> all;
    all.reserve(among.labels.size());
    for (std::size_t i = 0; i < among.labels.size(); ++i)
        all.emplace_back(distance(row, among.rows.subspan(i * row.size(), row.size())), among.labels[i]);
    if (all.size() < count) return false;
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(all.begin(), end, all.end());
    return static_cast<std::size_t>(
               std::count_if(all.begin(), end, [answer](const Neighbour& n) { return n.second == answer; })) >= votes;
}

bool lie_apart(std::span<const float> newer, std::span<const float> older, const ReviewedRows& remembered) {
    constexpr std::size_t kFewest = 20;
    constexpr double kDeviations = 3;
    if (remembered.labels.size() < kFewest) return false;
    const std::size_t values = remembered.rows.size() / remembered.labels.size();
    const auto nearest = [&](std::span<const float> rows, std::size_t row) {
        float least = std::numeric_limits<float>::infinity();
        for (std::size_t i = 0; i < remembered.labels.size(); ++i)
            least = std::min(least,
                             distance(rows.subspan(row * values, values), remembered.rows.subspan(i * values, values)));
        return least;
    };
    std::vector<float> before;
    for (std::size_t row = 0; row < older.size() / values; ++row)
        before.push_back(nearest(older, row));
    std::sort(before.begin(), before.end());
    const std::size_t rows = newer.size() / values;
    if (rows < kFewest || before.size() < kFewest) return false;
    const double m = static_cast<double>(rows), n = static_cast<double>(before.size());
    double farther = 0;  // pairs in which the newer row is, ties count a half
    for (std::size_t row = 0; row < rows; ++row) {
        const auto [first, last] = std::equal_range(before.begin(), before.end(), nearest(newer, row));
        farther += static_cast<double>(first - before.begin()) + static_cast<double>(last - first) / 2;
    }
    return (farther - m * n / 2) / std::sqrt(m * n * (m + n + 1) / 12) > kDeviations;
}

std::vector<std::size_t> contradicted(const ReviewedRows& remembered, std::span<const std::uint32_t> answers,
                                      const ReviewedRows& fresh) {
    SKERRY_ASSERT(answers.size() == remembered.labels.size());
    std::vector<std::size_t> found;
    if (answers.empty() || fresh.labels.size() < kNeighbours) return found;
    const std::size_t values = remembered.rows.size() / remembered.labels.size();
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i] == remembered.labels[i]) continue;
        if (neighbours_say(answers[i], remembered.rows.subspan(i * values, values), fresh, kNeighbours, kVotes))
            found.push_back(i);
    }
    return found;
}

}  // namespace skerry::node
