#pragma once

#include <chrono>
#include <functional>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

namespace skerry::http {

/// A deadline that moves with every request of a busy connection. Its timer is touched only when the deadline comes
/// nearer than it is set, or when it fires: otherwise re-arming would cost a system call and a heap operation a
/// request.
class LazyDeadline {
public:
    using Time = std::chrono::steady_clock;

    explicit LazyDeadline(boost::asio::io_context& loop) : timer_(loop.get_executor()) {}

    /// `on_passed` runs on the loop's thread, unless the deadline has been moved away meanwhile. It must keep alive
    /// the owner of this object.
    template <class OnPassed>
    void set(Time::duration from_now, OnPassed on_passed) {
        deadline_ = Time::now() + from_now;
        if (!armed_ || deadline_ < timer_.expiry()) arm(std::move(on_passed));
    }

    /// No deadline for now.
    void lift() { deadline_ = Time::time_point::max(); }

    /// For good: lets go of the handler.
    void cancel() {
        lift();
        timer_.cancel();
    }

private:
    template <class OnPassed>
    void arm(OnPassed on_passed) {
        armed_ = true;
        timer_.expires_at(deadline_);
        timer_.async_wait([this, on_passed = std::move(on_passed)](const boost::system::error_code& error) mutable {
            if (error) return;  // re-armed for an earlier time, or cancelled
            armed_ = false;
            if (deadline_ == Time::time_point::max()) return;
            if (deadline_ > Time::now()) return arm(std::move(on_passed));
            lift();
            on_passed();
        });
    }

    boost::asio::basic_waitable_timer<Time, boost::asio::wait_traits<Time>, boost::asio::io_context::executor_type>
        timer_;
    Time::time_point deadline_ = Time::time_point::max();
    bool armed_ = false;
};

}  // namespace skerry::http
