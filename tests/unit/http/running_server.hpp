#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "common/http/server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::http {

/// A server on a TCP port and a Unix socket, whose loop runs in its own thread. Its destructor waits until the loop has
/// nothing left to do, so a test hangs if the server leaves anything behind.
class RunningServer {
public:
    explicit RunningServer(Handler handler, ServerOptions options = {})
        : server_(std::make_unique<Server>(loop_, options, std::move(handler))) {
        port_ = server_->listen_tcp("127.0.0.1", 0).value();
        SKERRY_ASSERT(server_->listen_unix(socket_path()).has_value());
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~RunningServer() {
        stop();
        work_.reset();
        thread_.join();
    }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    /// Runs `action` on the loop's thread and returns what it returns.
    template <class Action>
    auto on_loop(Action action) {
        std::packaged_task<decltype(action())()> task(std::move(action));
        auto done = task.get_future();
        boost::asio::post(loop_, [&task] { task(); });
        return done.get();
    }

    /// As if the daemon had gone: no server, no socket file.
    void stop() {
        on_loop([this] { server_.reset(); });
    }
    void drain(std::function<void()> done) {
        on_loop([&] { server_->drain(std::move(done)); });
    }
    [[nodiscard]] std::size_t connections() {
        return on_loop([this] { return server_->connections(); });
    }
    /// Until the server has that many: each look is one turn of its loop.
    void wait_for_connections(std::size_t count) {
        while (connections() != count)
            std::this_thread::yield();
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string tcp_address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::filesystem::path socket_path() const { return folder_ / "http.sock"; }
    [[nodiscard]] std::string unix_address() const { return "unix:" + socket_path().string(); }

private:
    TemporaryFolder folder_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace skerry::http
