#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "tests/support/temporary_folder.hpp"

namespace skerry::node::testing {

/// A loop that runs on a thread of its own, so that the test's thread can be a client.
class RunningLoop {
public:
    RunningLoop() : thread_([this] { loop_.run(); }) {}
    ~RunningLoop() { stop(); }

    boost::asio::io_context& loop() { return loop_; }
    void stop() {
        work_.reset();
        loop_.stop();
        if (thread_.joinable()) thread_.join();
    }

    /// Runs `what` on the loop and waits for its result.
    template <class What>
    auto on_loop(What what) {
        std::packaged_task<decltype(what())()> task(std::move(what));
        auto result = task.get_future();
        boost::asio::post(loop_, [&task] { task(); });
        return result.get();
    }

    /// Asks on the loop until the answer is yes; false after a generous while.
    bool eventually(const std::function<bool()>& condition) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (std::chrono::steady_clock::now() < give_up) {
            if (on_loop(condition)) return true;
            std::this_thread::yield();
        }
        return false;
    }

private:
    boost::asio::io_context loop_{1};
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_{loop_.get_executor()};
    std::thread thread_;
};

}  // namespace skerry::node::testing
