#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "common/http/content_coding.hpp"
#include "common/http/lazy_deadline.hpp"
#include "common/http/request_reader.hpp"
#include "common/http/server.hpp"

namespace skerry::http {

class Connection;

/// What the connections of one server share.
struct ConnectionPool {
    boost::asio::io_context& loop;
    const ServerOptions options;
    const Handler handler;
    std::unordered_set<std::shared_ptr<Connection>> connections{};
    std::size_t body_bytes = 0;  ///< that have arrived of requests that are not complete
    bool draining = false;
    std::function<void()> on_empty{};  ///< set while draining
};

/// One peer, TCP or Unix. Reads a request, hands it to the handler, writes its answer, and only then looks at the next
/// one: so pipelined answers keep their order, and a peer that does not read is not read from. Loop thread only.
///
///     Reading ──request──▶ Waiting ──answer──▶ Writing ──taken──▶ Reading
///        └────malformed or too slow───────────────┴──────────────▶ Lingering ──▶ Closed
class Connection final : public std::enable_shared_from_this<Connection> {
public:
    using Socket =
        boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

    Connection(std::shared_ptr<ConnectionPool> pool, Socket socket, bool local);

    void start();
    /// The answer to the request that waits. Nothing happens when the connection has died.
    void answer(Response response);
    /// Closes now when idle, else after the answer.
    void drain();
    void close();
    [[nodiscard]] bool local() const { return local_; }

private:
    enum class Phase { Reading, Waiting, Writing, Lingering, Closed };

    void read_more();
    void bytes_arrived(std::size_t count);
    void advance();
    void expect_body();
    /// Makes `bytes` this connection's share of the pool's body bytes. False: that is more than the pool may hold.
    bool hold_body(std::size_t bytes);
    void dispatch();
    void refuse(Response response);
    void write(Response response);
    void write_rest(std::size_t written);
    void answer_taken();
    void linger();
    void set_deadline(std::chrono::milliseconds from_now);
    void deadline_passed();
    [[nodiscard]] std::string_view input() const { return {input_.get() + input_begin_, input_end_ - input_begin_}; }

    std::shared_ptr<ConnectionPool> pool_;
    Socket socket_;
    LazyDeadline deadline_;
    RequestReader reader_;
    const std::size_t input_capacity_;
    std::unique_ptr<char[]> input_;  ///< what has arrived and is not consumed: [begin, end)
    std::size_t input_begin_ = 0;
    std::size_t input_end_ = 0;
    std::string head_;  ///< of the answer being written
    Response answer_;   ///< borrowed by the write in progress
    Phase phase_ = Phase::Reading;
    const bool local_;
    std::size_t body_bytes_ = 0;  ///< our share of the pool's
    bool reading_ = false;        ///< a read is under way
    bool advancing_ = false;      ///< advance() is on the stack, so answers must not call it again
    bool keep_alive_ = true;
    bool head_only_ = false;
    Coding coding_ = Coding::Identity;  ///< that the peer wants its answer in
    bool refused_ = false;
    bool body_is_expected_ = false;
};

/// One request that waits for its answer.
class Exchange {
public:
    explicit Exchange(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void answer(Response response);

private:
    std::weak_ptr<Connection> connection_;
    bool answered_ = false;
};

}  // namespace skerry::http
