#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace skerry::node {

/// What running threads use, each its own meanwhile: as many as ever ran at once, kept for the next. Thread-safe.
template <class Lane>
class LanePool {
public:
    /// Runs `use` with an idle lane, or one that `make` gives.
    template <class Make, class Use>
    void with(const Make& make, const Use& use) {
        std::unique_ptr<Lane> lane = take();
        if (!lane) lane = std::make_unique<Lane>(make());
        use(*lane);
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(lane));
    }

private:
    std::unique_ptr<Lane> take() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return nullptr;
        std::unique_ptr<Lane> lane = std::move(idle_.back());
        idle_.pop_back();
        return lane;
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<Lane>> idle_;
};

}  // namespace skerry::node
