#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

namespace skerry {

/// Wakes a loop from another thread without holding any lock at that moment, which boost::asio::post() does: there the
/// loop wakes, takes the ringer's processor at once, and stops at the lock that the ringer holds. The kernel then runs
/// whoever is owed time, perhaps an idle-class thread until the next tick of its clock, 4 ms later, while both wait
/// (docs/serving.md has the numbers). eventfd(2). All calls on the loop's thread but ring().
class LoopBell {
public:
    /// `heard` runs on the loop, never inside a call of this class. Throws std::system_error: no descriptor is left.
    LoopBell(boost::asio::io_context& loop, std::function<void()> heard);
    /// Nothing is heard any more; nobody rings any more either.
    ~LoopBell();
    LoopBell(const LoopBell&) = delete;
    LoopBell& operator=(const LoopBell&) = delete;

    /// Any thread. Many before it is heard are heard as one. Cost: one system call.
    void ring();

    /// heard() is to be called once, for a ring from now on or one that has not been heard. Keeps the loop running
    /// until then. Again while it listens: nothing changes.
    void listen();
    /// No longer.
    void hush();

private:
    struct State;
    std::shared_ptr<State> state_;  // the loop may still hold a handler when this is gone
};

}  // namespace skerry
