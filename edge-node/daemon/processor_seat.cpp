#include "edge-node/daemon/processor_seat.hpp"

#include <cstdint>
#include <fstream>

namespace skerry::node {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds kPeriod{250};
constexpr std::chrono::seconds kStay{2};  // a node that learns has pauses between its steps

// How long this thread was ready and did not run, ever: the second number (Documentation/scheduler/sched-stats.rst).
std::optional<nanoseconds> time_waited() {
    std::ifstream file("/proc/thread-self/schedstat");
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    if (!(file >> ran >> waited)) return std::nullopt;
    return nanoseconds(waited);
}

cpu_set_t mask_now() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    static_cast<void>(::sched_getaffinity(0, sizeof mask, &mask));
    return mask;
}

// The processor of that place in the mask, alone.
cpu_set_t only(const cpu_set_t& mask, std::size_t place) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &mask) || place-- > 0) continue;
        CPU_SET(cpu, &one);
        break;
    }
    return one;
}

std::size_t place_of(const cpu_set_t& mask, int wanted) {
    std::size_t place = 0;
    for (int cpu = 0; cpu < wanted; ++cpu)
        if (CPU_ISSET(cpu, &mask)) ++place;
    return place;
}

}  // namespace

ProcessorSeat::ProcessorSeat(boost::asio::io_context& loop, std::function<bool()> learning)
    : timer_(loop), learning_(std::move(learning)) {
    wait();
}

void ProcessorSeat::wait() {
    timer_.expires_after(kPeriod);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        look();
        wait();
    });
}

void ProcessorSeat::look() {
    const auto waited = time_waited();
    if (!waited) return;
    const auto now = std::chrono::steady_clock::now();
    const double share = std::chrono::duration<double>(*waited - waited_) / (now - looked_);
    looked_ = now;
    waited_ = *waited;
    if (learning_()) learned_ = now;
    if (now - learned_ < kStay) {
        take(share);
    } else {
        release();
    }
}

void ProcessorSeat::take(double waited) {
    const cpu_set_t mask = mask_now();
    const bool as_we_left_it = seated_ ? holds() : choice_ && CPU_EQUAL(&mask, &allowed_);
    if (!as_we_left_it) {
        const auto processors = static_cast<std::size_t>(CPU_COUNT(&mask));
        seated_ = false;
        choice_.reset();
        allowed_ = mask;
        if (processors < 2) return;
        choice_.emplace(processors, place_of(mask, ::sched_getcpu()) % processors);
    } else if (seated_) {
        choice_->after(waited);
    }
    const cpu_set_t seat = only(allowed_, choice_->at());
    seated_ = ::sched_setaffinity(0, sizeof seat, &seat) == 0;
    if (!seated_) choice_.reset();  // a processor that is gone
}

void ProcessorSeat::release() {
    if (seated_ && holds()) static_cast<void>(::sched_setaffinity(0, sizeof allowed_, &allowed_));
    seated_ = false;
}

// The mask is still the one that this has set.
bool ProcessorSeat::holds() const {
    const cpu_set_t mask = mask_now();
    const cpu_set_t ours = only(allowed_, choice_->at());
    return CPU_EQUAL(&mask, &ours) != 0;
}

}  // namespace skerry::node
