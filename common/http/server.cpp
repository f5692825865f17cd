#include "common/http/server.hpp"

#include <algorithm>
#include <list>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "common/http/connection.hpp"
#include "common/http/listener.hpp"
#include "common/http/response_writer.hpp"

namespace skerry::http {

namespace asio = boost::asio;
using SystemError = boost::system::error_code;

namespace {

/// Until a file descriptor may be free again: trying at once would fail at once, and spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

struct Listener {
    Acceptor acceptor;
    SocketFile file;
    LazyDeadline pause;
    bool local;
};

/// One attempt: a peer that is one too many is owed a reason, but no memory and no time.
void turn_away(Connection::Socket& socket, std::size_t connections_max) {
    const Response response = error_response(
        503, "this server already has " + std::to_string(connections_max) + " connections: close one, or try later",
        {{"Retry-After", "1"}});
    std::string text;
    write_head(text, response, {.keep_alive = false});
    text += response.body;
    SystemError ignored;
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(Connection::Socket::shutdown_send, ignored);
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
    std::shared_ptr<ConnectionPool> pool;
    std::list<Listener> listeners{};
    std::vector<std::function<void()>> when_drained{};

    void listen(Acceptor acceptor, SocketFile file, bool local) {
        listeners.push_back({std::move(acceptor), std::move(file), LazyDeadline(pool->loop), local});
        accept(listeners.back());
    }

    void accept(Listener& listener) {
        // A listener lives as long as the state; closed ones stay in the list.
        listener.acceptor.async_accept(
            [self = shared_from_this(), &listener](const SystemError& error, Connection::Socket socket) {
                if (!listener.acceptor.is_open()) return;
                if (error) {
                    if (self->pool->options.on_accept_failed) self->pool->options.on_accept_failed(error.message());
                    return listener.pause.set(kAcceptPause, [self, &listener] {
                        if (listener.acceptor.is_open()) self->accept(listener);
                    });
                }
                self->admit(std::move(socket), listener.local);
                self->accept(listener);
            });
    }

    void admit(Connection::Socket socket, bool local) {
        keep_from_children(socket.native_handle());
        SystemError error;
        socket.non_blocking(true, error);
        if (!error && !local) socket.set_option(asio::ip::tcp::no_delay(true), error);
        if (error) return;  // it went before we looked
        // Whoever fills all places over the network must not lock out this machine's own tools.
        const auto alike = std::count_if(pool->connections.begin(), pool->connections.end(),
                                         [local](const auto& open) { return open->local() == local; });
        if (static_cast<std::size_t>(alike) >= pool->options.connections_max) {
            return turn_away(socket, pool->options.connections_max);
        }
        auto connection = std::make_shared<Connection>(pool, std::move(socket), local);
        pool->connections.insert(connection);
        connection->start();
    }

    void stop_accepting() {
        for (Listener& listener : listeners) {
            SystemError ignored;
            listener.acceptor.close(ignored);
            listener.pause.cancel();
        }
    }

    template <class Visit>
    void for_each_connection(Visit visit) {
        // A copy: those that close leave the set.
        const std::vector<std::shared_ptr<Connection>> all(pool->connections.begin(), pool->connections.end());
        for (const auto& connection : all)
            visit(*connection);
    }

    void report_drained() {
        for (auto& done : std::exchange(when_drained, {}))
            asio::post(pool->loop, std::move(done));
    }
};

Server::Server(asio::io_context& loop, ServerOptions options, Handler handler) : state_(std::make_shared<State>()) {
    state_->pool.reset(new ConnectionPool{loop, options, std::move(handler)});
}

Server::~Server() {
    state_->when_drained.clear();
    state_->stop_accepting();
    state_->for_each_connection([](Connection& connection) { connection.close(); });
    for (Listener& listener : state_->listeners)
        listener.file = {};
}

Result<std::uint16_t> Server::listen_tcp(const std::string& address, std::uint16_t port) {
    TcpListener listener = SKERRY_TRY(open_tcp(state_->pool->loop, address, port));
    state_->listen(std::move(listener.acceptor), {}, false);
    return listener.port;
}

Result<> Server::listen_unix(const std::filesystem::path& path, unsigned mode) {
    UnixListener listener = SKERRY_TRY(open_unix(state_->pool->loop, path, mode));
    state_->listen(std::move(listener.acceptor), std::move(listener.file), true);
    return {};
}

void Server::drain(std::function<void()> done) {
    state_->when_drained.push_back(std::move(done));
    state_->stop_accepting();
    state_->pool->draining = true;
    state_->pool->on_empty = [weak = std::weak_ptr(state_)] {
        if (const auto state = weak.lock()) state->report_drained();
    };
    state_->for_each_connection([](Connection& connection) { connection.drain(); });
    if (state_->pool->connections.empty()) state_->report_drained();
}

std::size_t Server::connections() const {
    return state_->pool->connections.size();
}

}  // namespace skerry::http
