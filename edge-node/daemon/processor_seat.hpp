#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <sched.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "edge-node/daemon/seat_choice.hpp"

namespace skerry::node {

/// While a model learns, and two seconds more, the loop's thread keeps to one processor, which seat_choice.hpp finds.
/// Learning is in the kernel's idle class, so a processor that learns never becomes idle; and it is an idle processor
/// that fetches at once what waits behind others. Without this the loop stood behind a busy client on one of two
/// processors while the other one learned: p99 20 to 140 ms at 70 % of both, with it 7 to 8.5, without learning 4
/// to 10.
///
/// Only processors that the thread may use anyway; a mask that somebody else sets (taskset(1)) is respected from the
/// next period. Where the kernel does not say how long a thread waited, or there is one processor, it does nothing.
/// Loop thread only.
class ProcessorSeat {
public:
    ProcessorSeat(boost::asio::io_context& loop, std::function<bool()> learning);
    ~ProcessorSeat() { release(); }
    ProcessorSeat(const ProcessorSeat&) = delete;
    ProcessorSeat& operator=(const ProcessorSeat&) = delete;

private:
    void wait();
    void look();
    void take(double waited);
    void release();
    [[nodiscard]] bool holds() const;

    boost::asio::steady_timer timer_;
    std::function<bool()> learning_;
    std::chrono::steady_clock::time_point looked_;
    std::chrono::nanoseconds waited_{0};               ///< of this thread, since it began
    std::chrono::steady_clock::time_point learned_{};  ///< when it was last seen to learn
    cpu_set_t allowed_{};                              ///< what choice_ is about
    std::optional<SeatChoice> choice_;                 ///< remembered from one time to the next
    bool seated_ = false;
};

}  // namespace skerry::node
