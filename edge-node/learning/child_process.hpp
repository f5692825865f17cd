#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/base/error.hpp"

namespace skerry::node {

/// One child process, from its start until it is reaped: never a zombie, never outlives its owner's object.
class ChildProcess {
public:
    /// Says in words how it ended: "ended with status 70", "was killed by signal 9 (Killed)".
    using OnExit = std::function<void(const std::string& how)>;

    /// Starts `program` with the descriptor `inherited` as its number 3, nothing to read, our standard error, and of
    /// our environment only what a program needs to start. `inherited` stays open here. `on_exit` runs on the loop's
    /// thread, once, unless this object is destroyed first.
    /// Unavailable: the program is missing, cannot be executed, or the system has no room for a process.
    [[nodiscard]] static Result<ChildProcess> start(boost::asio::io_context& loop, const std::filesystem::path& program,
                                                    int inherited, OnExit on_exit);

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    /// Kills and reaps a child that still lives.
    ~ChildProcess();

    /// SIGKILL; the end is told through `on_exit`.
    void kill();
    [[nodiscard]] pid_t pid() const;

private:
    struct State;
    explicit ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

}  // namespace skerry::node
