#pragma once

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "common/threads/idle_time.hpp"

namespace skerry::node {

/// One thread on which a node's learning thinks: what a policy makes of a hundred labels takes milliseconds, in which
/// the loop's thread has answered a hundred requests. It is nice 10, as the learner is: serving comes first. That alone
/// would not do: a humble thread in the middle of its slice may keep its processor until the next tick of the kernel's
/// clock, while requests wait (docs/serving.md). So what takes long is handed to run(). A piece that starves while it
/// holds the heap's lock holds the loop too, for half a second at most where it may leave the idle class (LimitNICE=).
///
/// The engine lives on its loop, so the learner's answers and deaths arrive here. A learner that was started here dies
/// with this thread (PR_SET_PDEATHSIG goes by threads).
class LearningThread {
public:
    LearningThread();
    ~LearningThread() { stop(); }
    LearningThread(const LearningThread&) = delete;
    LearningThread& operator=(const LearningThread&) = delete;

    [[nodiscard]] boost::asio::io_context& loop() { return loop_; }
    /// Runs a piece to its end, after the first quarter of a second of them on processor time that nobody else wants,
    /// where there is some. On the loop's thread only, and not inside another piece.
    void run(const std::function<void()>& piece) { idle_.run(piece); }
    /// Waits for what runs there at this moment; what was posted and has not begun never runs. From then on what lives
    /// on loop() may be destroyed from another thread. Idempotent.
    void stop();

private:
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
    IdleTime idle_;
    std::thread thread_;  // last: uses all of the above
};

}  // namespace skerry::node
