#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "common/http/server.hpp"

namespace skerry::http {

/// A handler that only collects, so that a test decides when and in which order answers leave. Thread-safe.
class WaitingRequests {
public:
    [[nodiscard]] Handler handler() {
        return [this](Request request, Respond respond) {
            const std::lock_guard lock(mutex_);
            waiting_.emplace_back(std::move(request), std::move(respond));
            ++seen_;
            arrived_.notify_all();
        };
    }

    /// Waits until `count` requests have come since the beginning.
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [&] { return seen_ >= count; });
    }
    [[nodiscard]] std::size_t seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    /// The oldest that waits for the path; call it and destroy it on the loop's thread.
    [[nodiscard]] Respond take(std::string_view path) {
        const std::lock_guard lock(mutex_);
        for (auto entry = waiting_.begin(); entry != waiting_.end(); ++entry) {
            if (entry->first.path != path) continue;
            Respond respond = std::move(entry->second);
            waiting_.erase(entry);
            return respond;
        }
        SKERRY_ASSERT(false && "no such request waits");
    }
    /// Lets go of all that wait, unanswered; on the loop's thread.
    void drop() {
        const std::lock_guard lock(mutex_);
        waiting_.clear();
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::pair<Request, Respond>> waiting_;
    std::size_t seen_ = 0;
};

}  // namespace skerry::http
