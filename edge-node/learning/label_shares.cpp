#include "edge-node/learning/label_shares.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace skerry::node {
namespace {

constexpr double kShareFade = 0.95;  // a trigger

double sum_of(std::span<const double> counts) {
    return std::accumulate(counts.begin(), counts.end(), 0.0);
}

}  // namespace

void LabelShares::add(std::span<const std::uint32_t> labels) {
    for (double& count : counts_)
        count *= kShareFade;
    for (const std::uint32_t label : labels)
        counts_[label] += 1;
}

void LabelShares::rename(std::span<const std::uint32_t> names, std::span<const std::uint32_t> newest) {
    std::vector<double> renamed(counts_.size());
    for (const std::uint32_t label : newest)
        counts_[label] -= 1;
    for (std::size_t c = 0; c < counts_.size(); ++c)
        renamed[names[c]] = std::max(0.0, counts_[c]);
    counts_ = std::move(renamed);
    for (const std::uint32_t label : newest)
        counts_[label] += 1;
}

std::vector<float> LabelShares::log_prior(const Mix& mix) const {
    const auto classes = static_cast<double>(counts_.size());
    const double seen = sum_of(counts_);
    const double replayed = sum_of(mix.replay_counts);
    const double replay_part = replayed > 0 ? mix.replay_rows / (mix.replay_rows + mix.new_rows) : 0.0;
    std::vector<float> prior(counts_.size());
    for (std::size_t c = 0; c < counts_.size(); ++c) {
        double share = seen > 0 ? (1 - replay_part) * counts_[c] / seen : (1 - replay_part) / classes;
        if (replayed > 0) share += replay_part * mix.replay_counts[c] / replayed;
        const double smoothed = (share + mix.smoothing / classes) / (1 + mix.smoothing);
        prior[c] = static_cast<float>(mix.strength * std::log(smoothed));
    }
    return prior;
}

double LabelShares::pairs_seen(double smoothing) const {
    const auto classes = static_cast<double>(counts_.size());
    if (counts_.size() < 2) return 1;
    const double least = smoothing * sum_of(counts_) / classes;
    const auto come = static_cast<double>(
        std::count_if(counts_.begin(), counts_.end(), [&](double count) { return count > 0 && count >= least; }));
    return come * (come - 1) / (classes * (classes - 1));
}

void LabelShares::save(ByteWriter& to) const {
    to.put(static_cast<std::uint32_t>(counts_.size()));
    for (const double count : counts_)
        to.put(count);
}

Result<> LabelShares::load(ByteReader& from) {
    bool sane = from.get<std::uint32_t>() == counts_.size();
    for (double& count : counts_) {
        count = from.get<double>();
        sane = sane && std::isfinite(count) && count >= 0;
    }
    if (!sane || !from.ok()) return fail(ErrorCode::InvalidInput, "the saved label shares are damaged");
    return {};
}

}  // namespace skerry::node
