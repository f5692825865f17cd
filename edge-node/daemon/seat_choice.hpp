#pragma once

#include <algorithm>
#include <cstddef>

namespace skerry::node {

/// Which of several processors a thread should keep to, by how long it has to wait for the one it has: where it waits
/// it tries the others, a period each, and stays at the first where it waits less. A try may cost more than it gains
/// (the other processor may be full), so waiting is averaged, some of it is tolerated, and a round in vain is repeated
/// more and more seldom, until it waits much longer than it did then. One thread at a time.
class SeatChoice {
public:
    /// `first` < `seats`.
    SeatChoice(std::size_t seats, std::size_t first) : seats_(seats), at_(first), home_(first) {}

    [[nodiscard]] std::size_t at() const { return at_; }

    /// `waited`: the share of the last period in which the thread could have run and did not.
    void after(double waited) {
        if (at_ != home_) return judge(waited);
        waited_ = waited_ < 0 ? waited : waited_ + kNewest * (waited - waited_);
        if (left_ > 0 && waited_ > kMuchWorse * before_) {
            left_ = 0;
            patience_ = kPatienceMin;
        }
        if (left_ > 0) {
            --left_;
        } else if (waited_ > kTolerated && seats_ > 1) {
            before_ = waited_;
            at_ = (home_ + 1 + tried_) % seats_;
        }
    }

private:
    void judge(double waited) {
        if (waited < kBetter * before_) {
            home_ = at_;
            waited_ = waited;
            patience_ = kPatienceMin;
        } else {
            at_ = home_;
            if (++tried_ < seats_ - 1) return;  // the next one in the next period but one
            patience_ = std::min(2 * patience_, kPatienceMax);
        }
        tried_ = 0;
        left_ = patience_;
    }

    static constexpr double kNewest = 0.25;     ///< weight of the last period in the average
    static constexpr double kTolerated = 0.25;  ///< in one period between 3 and 30 % on a good seat at 70 % load
    static constexpr double kBetter = 0.8;      ///< of what it waited before
    static constexpr double kMuchWorse = 2;
    static constexpr std::size_t kPatienceMin = 4;
    static constexpr std::size_t kPatienceMax = 128;

    std::size_t seats_;
    std::size_t at_;
    std::size_t home_;       ///< where it comes back to; elsewhere it is trying
    std::size_t tried_ = 0;  ///< others in this round, in vain
    double waited_ = -1;     ///< average at home; below 0: none yet
    double before_ = 0;      ///< what it waited at home when it last went to try
    std::size_t patience_ = kPatienceMin;
    std::size_t left_ = 0;  ///< periods until the next round
};

}  // namespace skerry::node
