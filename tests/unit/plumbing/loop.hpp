#pragma once

#include <chrono>
#include <functional>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace skerry {

/// A loop that a test runs until what it waits for has happened.
class Loop {
public:
    [[nodiscard]] boost::asio::io_context& io() { return io_; }

    /// False: it has not happened within a time that only a hang takes.
    [[nodiscard]] bool run_until(const std::function<bool()>& happened) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!happened()) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= deadline) return false;
            io_.run_one_until(deadline);
        }
        return true;
    }

private:
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
};

}  // namespace skerry
