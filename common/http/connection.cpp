#include "common/http/connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "common/http/response_writer.hpp"

namespace skerry::http {

namespace asio = boost::asio;
using SystemError = boost::system::error_code;

namespace {
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
/// How long a refused peer may go on sending. Closing while its bytes are unread would reset the connection, and it
/// might never see why it was refused.
constexpr std::chrono::milliseconds kLingerTime{2000};
}  // namespace

Connection::Connection(std::shared_ptr<ConnectionPool> pool, Socket socket, bool local)
    : pool_(std::move(pool)),
      socket_(std::move(socket)),
      deadline_(pool_->loop),
      reader_(pool_->options.header_bytes_max, pool_->options.body_bytes_max),
      // A header that is not yet complete fits beside a whole read.
      input_capacity_(pool_->options.header_bytes_max + kReadBytes),
      input_(std::make_unique_for_overwrite<char[]>(input_capacity_)),
      local_(local) {}

void Connection::start() {
    set_deadline(pool_->options.idle_time);
    read_more();
}

void Connection::read_more() {
    if (std::exchange(reading_, true)) return;
    if (input_begin_ > 0) {
        std::memmove(input_.get(), input_.get() + input_begin_, input().size());
        input_end_ -= std::exchange(input_begin_, 0);
    }
    const auto room = asio::buffer(input_.get() + input_end_, std::min(kReadBytes, input_capacity_ - input_end_));
    socket_.async_read_some(room, [self = shared_from_this()](const SystemError& error, std::size_t count) {
        self->reading_ = false;
        if (self->phase_ == Phase::Closed) return;
        // The peer went, or sent its last request before the answer to it was written.
        if (error && self->phase_ != Phase::Writing) return self->close();
        if (!error) self->bytes_arrived(count);
    });
}

void Connection::bytes_arrived(std::size_t count) {
    if (phase_ == Phase::Lingering) return read_more();  // into the same place: nobody will look
    if (phase_ != Phase::Reading) return;                // refused while the read was under way
    input_end_ += count;
    advance();
}

void Connection::advance() {
    advancing_ = true;
    while (phase_ == Phase::Reading && !input().empty()) {
        input_begin_ += reader_.feed(input());
        if (!hold_body(reader_.body_bytes())) {
            refuse(error_response(503, "too many large requests are arriving: try again in a second",
                                  {{"Retry-After", "1"}}));
        } else if (reader_.state() == RequestReader::State::Complete) {
            dispatch();
        } else if (reader_.state() == RequestReader::State::Refused) {
            refuse(reader_.refusal());
        } else if (input().size() + kReadBytes > input_capacity_) {
            refuse(error_response(431, "a line of the request is too long: shorten the headers or chunk extensions"));
        } else {
            if (reader_.header_is_complete() && !body_is_expected_) expect_body();
            break;
        }
    }
    advancing_ = false;
    if (phase_ == Phase::Reading) read_more();
}

bool Connection::hold_body(std::size_t bytes) {
    pool_->body_bytes += bytes;
    pool_->body_bytes -= std::exchange(body_bytes_, bytes);
    return bytes == 0 || pool_->body_bytes <= pool_->options.bodies_bytes_max;
}

void Connection::expect_body() {
    body_is_expected_ = true;
    set_deadline(pool_->options.transfer_time);
    if (!reader_.expects_continue()) return;
    // Only a peer that has filled the socket's buffer with answers it does not read gets less than these 25 bytes.
    SystemError error;
    if (socket_.write_some(asio::buffer(kContinue), error) < kContinue.size()) close();
}

void Connection::dispatch() {
    phase_ = Phase::Waiting;
    deadline_.lift();
    hold_body(0);
    body_is_expected_ = false;
    keep_alive_ = reader_.keep_alive();
    Request request = reader_.take();
    request.local = local_;
    head_only_ = request.method == "HEAD";
    coding_ = accepted_coding(request.header("Accept-Encoding"));
    if (auto refusal = decode_body(request, pool_->options.body_bytes_max)) return answer(std::move(*refusal));
    pool_->handler(std::move(request), Respond(std::make_shared<Exchange>(weak_from_this())));
}

void Connection::refuse(Response response) {
    keep_alive_ = false;
    refused_ = true;
    hold_body(0);
    write(std::move(response));
    reader_.next();  // lets go of what has arrived
}

void Connection::answer(Response response) {
    if (phase_ == Phase::Closed) return;
    SKERRY_ASSERT(phase_ == Phase::Waiting);
    write(std::move(response));
}

void Connection::write(Response response) {
    phase_ = Phase::Writing;
    keep_alive_ = keep_alive_ && !pool_->draining;
    answer_ = std::move(response);
    encode_body(answer_, std::exchange(coding_, Coding::Identity));
    write_head(head_, answer_, {.keep_alive = keep_alive_, .http_1_0 = reader_.http_1_0()});
    if (head_only_ || has_no_body(answer_.status)) answer_.body.clear();
    // Most answers fit into the socket's buffer: one system call, no trip through the loop.
    const std::array<asio::const_buffer, 2> whole{asio::buffer(head_), asio::buffer(answer_.body)};
    SystemError error;
    const std::size_t written = socket_.write_some(whole, error);
    if (error && error != asio::error::would_block) return close();
    if (written < head_.size() + answer_.body.size()) return write_rest(written);
    answer_taken();
}

void Connection::write_rest(std::size_t written) {
    set_deadline(pool_->options.transfer_time);
    const std::size_t of_head = std::min(written, head_.size());
    const std::array<asio::const_buffer, 2> rest{asio::buffer(head_) + of_head,
                                                 asio::buffer(answer_.body) + (written - of_head)};
    asio::async_write(socket_, rest, [self = shared_from_this()](const SystemError& error, std::size_t) {
        if (self->phase_ == Phase::Closed) return;
        if (error) return self->close();
        self->answer_taken();
    });
}

void Connection::answer_taken() {
    answer_ = {};
    if (refused_) return linger();
    // Draining may have begun while the answer was on its way.
    if (!keep_alive_ || (pool_->draining && input().empty())) return close();
    phase_ = Phase::Reading;
    head_only_ = false;
    reader_.next();
    set_deadline(pool_->options.idle_time);
    if (advancing_) return;
    if (input().empty()) return read_more();
    // Through the loop: the handler of the next request must not run inside the Respond of this one.
    asio::post(pool_->loop, [self = shared_from_this()] {
        if (self->phase_ == Phase::Reading) self->advance();
    });
}

void Connection::linger() {
    phase_ = Phase::Lingering;
    SystemError ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    set_deadline(kLingerTime);
    input_begin_ = input_end_ = 0;
    read_more();
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
    deadline_.set(from_now, [self = shared_from_this()] { self->deadline_passed(); });
}

void Connection::deadline_passed() {
    if (phase_ == Phase::Reading && reader_.begun()) {
        return refuse(error_response(408, "the request did not arrive in time: send it in one go"));
    }
    if (phase_ != Phase::Closed && phase_ != Phase::Waiting) close();
}

void Connection::drain() {
    if (phase_ != Phase::Reading || reader_.begun() || !input().empty()) return;
    SystemError error;
    if (socket_.available(error) > 0) return;  // a request has arrived that we have not read yet
    close();
}

void Connection::close() {
    if (std::exchange(phase_, Phase::Closed) == Phase::Closed) return;
    deadline_.cancel();
    hold_body(0);
    SystemError ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.close(ignored);
    const auto self = shared_from_this();
    pool_->connections.erase(self);
    if (pool_->connections.empty() && pool_->on_empty) pool_->on_empty();
}

Exchange::~Exchange() {
    if (answered_) return;
    const auto connection = connection_.lock();
    if (connection) connection->answer(error_response(500, "the server dropped this request without an answer"));
}

void Exchange::answer(Response response) {
    SKERRY_ASSERT(!answered_);
    answered_ = true;
    if (const auto connection = connection_.lock()) connection->answer(std::move(response));
}

void Respond::operator()(Response response) const {
    exchange_->answer(std::move(response));
}

}  // namespace skerry::http
