#include "edge-node/daemon/processor_seat.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>

namespace skerry::node {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds kPeriod{250};
constexpr std::chrono::seconds kStay{2};  // a node that learns has pauses between its steps

// How long the thread that opened the file was ready and did not run, ever: the second number
// (Documentation/scheduler/sched-stats.rst).
std::optional<nanoseconds> time_waited(const FileDescriptor& schedstat) {
    std::array<char, 128> text;
    const ssize_t length = ::pread(schedstat.number(), text.data(), text.size(), 0);
    if (length <= 0) return std::nullopt;
    const char* const end = text.data() + length;
    std::uint64_t ran = 0, waited = 0;
    const auto first = std::from_chars(text.data(), end, ran);
    if (first.ec != std::errc() || first.ptr == end) return std::nullopt;
    if (std::from_chars(first.ptr + 1, end, waited).ec != std::errc()) return std::nullopt;
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
    const auto now = std::chrono::steady_clock::now();
    if (learning_()) learned_ = now;
    if (now - learned_ >= kStay) return release();
    if (!schedstat_) schedstat_.emplace(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
    const auto waited = time_waited(*schedstat_);
    if (!waited) return schedstat_.reset();
    const double share = std::chrono::duration<double>(*waited - waited_) / (now - looked_);
    looked_ = now;
    waited_ = *waited;
    take(share);
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
