#include "edge-node/session/question.hpp"

#include <algorithm>

namespace skerry::node {

std::chrono::milliseconds Jitter::around(std::chrono::milliseconds time) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    mixed ^= mixed >> 31U;
    const auto permille = 750 + static_cast<std::int64_t>(mixed % 500);
    return std::chrono::milliseconds(time.count() * permille / 1000);
}

void Question::open(TimePoint when) {
    due_ = when;
    attempts_ = 0;
}

void Question::postpone(TimePoint when) {
    due_ = when;
}

void Question::asked(TimePoint now, const Backoff& backoff, Jitter& jitter) {
    const auto doubled = backoff.first * (std::int64_t{1} << std::min(attempts_, 20U));
    due_ = now + jitter.around(std::min<std::chrono::milliseconds>(doubled, backoff.longest));
    ++attempts_;
}

}  // namespace skerry::node
