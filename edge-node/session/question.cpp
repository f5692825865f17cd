#include "edge-node/session/question.hpp"

#include <algorithm>

namespace skerry::node {

std::chrono::milliseconds Jitter::around(std::chrono::milliseconds time) {
    const auto permille = 750 + static_cast<std::int64_t>(random_.below(500));
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
