#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <sched.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/file_descriptor.hpp"
#include "edge-node/daemon/seat_choice.hpp"

namespace skerry::node {

/// While a model learns, and two seconds more, the loop's thread keeps to one processor, which seat_choice.hpp finds.
/// A learner computes in the kernel's idle class wherever there is time to spare. A processor that it uses is never
/// idle, and it is an idle one that fetches at once what waits behind others: without a seat the loop stood behind a
/// busy client on one of two processors while the other one learned (docs/serving.md has the numbers, of two
/// processors). The price: while it is seated, the kernel does not move it either.
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
    std::optional<FileDescriptor> schedstat_;  ///< of the loop's thread
    std::chrono::steady_clock::time_point looked_;
    std::chrono::nanoseconds waited_{0};               ///< of this thread, since it began
    std::chrono::steady_clock::time_point learned_{};  ///< when it was last seen to learn
    cpu_set_t allowed_{};                              ///< what choice_ is about
    std::optional<SeatChoice> choice_;                 ///< remembered from one time to the next
    bool seated_ = false;
};

}  // namespace skerry::node
