#include "edge-node/serving/stages/stage_times.hpp"

#include <algorithm>

namespace skerry::node {

void StageTimes::add(std::size_t rows, Duration time, Instant at) {
    if (rows < mean_.size()) {
        Duration& mean = mean_[rows];
        mean = mean.count() == 0 ? time : mean + (time - mean) / 8;
    }
    seen_[next_] = {at, time};
    next_ = (next_ + 1) % kWindow;
}

StageTimes::Duration StageTimes::expected(std::size_t rows) const {
    const std::size_t last = std::min(rows, mean_.size() - 1);
    for (std::size_t fewer = last; fewer > 0; --fewer) {
        if (mean_[fewer].count() != 0) return mean_[fewer] * rows / fewer;
    }
    for (std::size_t more = last + 1; more < mean_.size(); ++more) {
        if (mean_[more].count() != 0) return mean_[more];
    }
    return Duration{0};
}

StageTimes::Duration StageTimes::p95(Instant now) const {
    std::array<Duration, kWindow> recent{};
    std::size_t count = 0;
    for (const Seen& seen : seen_) {
        if (seen.time.count() != 0 && now - seen.at <= kMemory) recent[count++] = seen.time;
    }
    if (count == 0) return Duration{0};
    const auto rank = recent.begin() + static_cast<std::ptrdiff_t>((count * 95 + 99) / 100 - 1);
    std::nth_element(recent.begin(), rank, recent.begin() + static_cast<std::ptrdiff_t>(count));
    return *rank;
}

}  // namespace skerry::node
