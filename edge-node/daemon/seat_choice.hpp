#pragma once

#include <algorithm>
#include <cstddef>

namespace skerry::node {

/// Which of several processors a thread should keep to, by how long it has to wait for the one it has: where it waits
/// it tries the next for one period, and stays where it waited less. What was tried in vain is tried more and more
/// seldom. One thread at a time.
class SeatChoice {
public:
    SeatChoice(std::size_t seats, std::size_t first) : seats_(seats), at_(first) {}

    [[nodiscard]] std::size_t at() const { return at_; }

    /// `waited`: the share of the last period in which the thread could have run and did not.
    void after(double waited) {
        if (trying_) {
            trying_ = false;
            const bool better = waited < kBetter * before_;
            if (!better) at_ = previous_;
            patience_ = better ? kPatienceMin : std::min(2 * patience_, kPatienceMax);
            left_ = patience_;
        } else if (left_ > 0) {
            --left_;
        } else if (waited > kTolerated && seats_ > 1) {
            trying_ = true;
            before_ = waited;
            previous_ = at_;
            at_ = (at_ + 1) % seats_;
        }
    }

private:
    static constexpr double kTolerated = 0.05;
    static constexpr double kBetter = 0.9;  ///< of what it waited before
    static constexpr std::size_t kPatienceMin = 4;
    static constexpr std::size_t kPatienceMax = 128;

    std::size_t seats_;
    std::size_t at_;
    bool trying_ = false;
    double before_ = 0;
    std::size_t previous_ = 0;
    std::size_t patience_ = kPatienceMin;
    std::size_t left_ = 0;  ///< periods until the next try
};

}  // namespace skerry::node
