#include "edge-node/tools/stop_signal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/error.hpp"

namespace skerry::node {

namespace {

std::atomic<StopSignal*> raised_by_signals{nullptr};

}  // namespace

StopSignal::StopSignal() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    SKERRY_ASSERT(event_ >= 0);
}

StopSignal::~StopSignal() {
    ::close(event_);
}

void StopSignal::raise() {
    const int before = errno;  // a handler must not change it
    raised_ = true;
    const std::uint64_t one = 1;
    static_cast<void>(!::write(event_, &one, sizeof one));  // fails only when it is readable anyway
    errno = before;
}

bool StopSignal::wait_until(std::chrono::steady_clock::time_point until) const {
    using std::chrono::duration_cast;
    for (;;) {
        if (raised_) return true;
        const auto left = until - std::chrono::steady_clock::now();
        if (left <= left.zero()) return false;
        const auto seconds = duration_cast<std::chrono::seconds>(left);
        const timespec time{static_cast<time_t>(seconds.count()),
                            static_cast<long>(duration_cast<std::chrono::nanoseconds>(left - seconds).count())};
        pollfd event{event_, POLLIN, 0};
        ::ppoll(&event, 1, &time, nullptr);  // whatever ends it, a signal too: asked again above
    }
}

StopSignal& interrupted() {
    static StopSignal signal;
    raised_by_signals = &signal;
    struct sigaction action {};
    action.sa_handler = [](int) { raised_by_signals.load()->raise(); };
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    for (const int number : {SIGINT, SIGTERM})
        ::sigaction(number, &action, nullptr);
    return signal;
}

}  // namespace skerry::node
