#include "edge-node/learning/replay_review.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "common/base/error.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kNeighbours = 3;
constexpr std::size_t kVotes = 2;
// Of a larger row this many values or fewer, evenly spread, say which rows are near: this runs beside serving.
constexpr std::size_t kComparedMax = 256;
// And so many rows, evenly spread too, are asked, or measured.
constexpr std::size_t kAskedMax = 1000;
constexpr std::size_t kMeasuredMax = 200;

std::size_t stride_of(std::size_t count, std::size_t most) {
    return 1 + (count - 1) / most;
}

float distance(std::span<const float> a, std::span<const float> b) {
    const auto squared = [&](std::size_t i) { return (a[i] - b[i]) * (a[i] - b[i]); };
    const std::size_t stride = stride_of(a.size(), kComparedMax);
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
    for (std::size_t i = 0; i < among.labels.size(); i += stride_of(among.labels.size(), kAskedMax))
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
    const std::size_t known = remembered.labels.size();
    if (known < kFewest) return false;
    const std::size_t values = remembered.rows.size() / known;
    if (newer.size() / values < kFewest || older.size() / values < kFewest) return false;

    std::map<std::uint32_t, std::array<std::vector<float>, 2>> distances;  // by the label of the nearest: older, newer
    const auto measure = [&](std::span<const float> rows, std::size_t which) {
        const std::size_t count = rows.size() / values;
        for (std::size_t row = 0; row < count; row += stride_of(count, kMeasuredMax)) {
            std::pair<float, std::uint32_t> nearest{std::numeric_limits<float>::infinity(), 0};
            for (std::size_t i = 0; i < known; i += stride_of(known, kAskedMax)) {
                const float far =
                    distance(rows.subspan(row * values, values), remembered.rows.subspan(i * values, values));
                nearest = std::min(nearest, {far, remembered.labels[i]});
            }
            distances[nearest.second][which].push_back(nearest.first);
        }
    };
    measure(older, 0);
    measure(newer, 1);
    double farther = 0, variance = 0;
    for (auto& [label, both] : distances) {
        auto& [before, now] = both;
        std::sort(before.begin(), before.end());
        const auto m = static_cast<double>(now.size()), n = static_cast<double>(before.size());
        double pairs = 0;  // in which the newer row is the farther one, ties count a half
        for (const float far : now) {
            const auto [first, last] = std::equal_range(before.begin(), before.end(), far);
            pairs += static_cast<double>(first - before.begin()) + static_cast<double>(last - first) / 2;
        }
        farther += (pairs - m * n / 2) / (m + n + 1);
        variance += m * n / (12 * (m + n + 1));
    }
    // Not one of them near any that the older ones are near to.
    if (variance == 0) return true;
    return farther / std::sqrt(variance) > kDeviations;
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
