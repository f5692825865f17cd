#include "common/threads/loop_bell.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace skerry {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

int open_event() {
    const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) throw std::system_error(errno, std::generic_category(), "cannot open an eventfd");
    return event;
}

}  // namespace

struct LoopBell::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& loop, std::function<void()> on_ring)
        : event(loop, open_event()), heard(std::move(on_ring)) {}

    Descriptor event;
    std::function<void()> heard;
    bool listening = false;
    bool waiting = false;  ///< the loop has our handler, perhaps of a wait that was cancelled

    void listen() {
        listening = true;
        if (std::exchange(waiting, true)) return;
        event.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& failed) {
            self->waiting = false;
            if (!self->listening) return;
            if (failed) return self->listen();
            self->listening = false;
            eventfd_t rings = 0;
            static_cast<void>(::eventfd_read(self->event.native_handle(), &rings));
            self->heard();
        });
    }

    void hush() {
        if (std::exchange(listening, false)) event.cancel();
    }
};

LoopBell::LoopBell(boost::asio::io_context& loop, std::function<void()> heard)
    : state_(std::make_shared<State>(loop, std::move(heard))) {}

LoopBell::~LoopBell() {
    state_->hush();
}

void LoopBell::ring() {
    // It fails only when it has been rung 2^64 times unheard.
    static_cast<void>(::eventfd_write(state_->event.native_handle(), 1));
}

void LoopBell::listen() {
    state_->listen();
}

void LoopBell::hush() {
    state_->hush();
}

}  // namespace skerry
