#include "common/http/client.hpp"

#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/http/dialled_socket.hpp"
#include "common/http/response_reader.hpp"

namespace skerry::http {

namespace {

using Outcome = DialledSocket::Outcome;

constexpr std::size_t kAnswerReadBytes = 64 * 1024;

/// Repeating it changes nothing. RFC 9110 §9.2.2.
bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

bool is_one_word(std::string_view text) {
    return !text.empty() && text.find_first_of(std::string_view("\0 \t\r\n", 5)) == std::string_view::npos;
}

/// The request line and the header. InvalidInput: something in them would end its line.
Result<std::string> head_of(const Address& address, std::string_view method, std::string_view target,
                            std::string_view body, const Headers& headers) {
    if (!is_one_word(method) || !is_one_word(target)) {
        return fail(ErrorCode::InvalidInput, "a method and a target are one word each: percent-encode the path");
    }
    std::string head;
    head.reserve(256);
    head.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ");
    if (address.is_unix()) {
        head.append("localhost");
    } else if (address.host.find(':') != std::string::npos) {
        head.append("[").append(address.host).append("]:").append(address.port);
    } else {
        head.append(address.host).append(":").append(address.port);
    }
    head.append("\r\n");
    if (!body.empty() || method == "POST" || method == "PUT") {
        head.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
        if (find_header(headers, "Content-Type").empty()) head.append("Content-Type: application/json\r\n");
    }
    for (const auto& [name, value] : headers) {
        if (!is_one_word(name) || value.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
            return fail(ErrorCode::InvalidInput, "a header is one line, and its name one word: '" + name + "' is not");
        }
        head.append(name).append(": ").append(value).append("\r\n");
    }
    head.append("\r\n");
    return head;
}

}  // namespace

struct Client::State {
    Address address;
    ClientOptions options;
    DialledSocket socket{};
    std::vector<char> buffer = std::vector<char>(kAnswerReadBytes);

    struct Failure {
        Error error;
        bool died;  ///< the connection went before the whole answer had come
    };

    Result<> dial() {
        socket = SKERRY_TRY(DialledSocket::dial(address, options.connect_time));
        return {};
    }

    [[nodiscard]] Failure too_late(std::string_view what) const {
        return {{ErrorCode::Unavailable, address.text + " took longer than " +
                                             std::to_string(options.request_time.count()) + " ms to answer " +
                                             std::string(what) + ": is it overloaded or stopped?"},
                false};
    }

    /// One request on the open connection, and its answer.
    tl::expected<Response, Failure> exchange(std::string_view head, std::string_view body, bool head_only,
                                             DialledSocket::Deadline deadline) {
        const std::string_view what = head.substr(0, head.find(" HTTP/"));
        // A server that refuses a long body may answer and close while we still send: so read in any case.
        if (socket.send(head, body, deadline) == Outcome::TooLate) return tl::unexpected(too_late(what));

        ResponseReader reader(options.response_bytes_max, head_only);
        std::size_t waiting = 0;  // bytes at the start of the buffer that the reader has not consumed
        while (reader.state() == ResponseReader::State::Incomplete) {
            const std::span<char> room = std::span(buffer).subspan(waiting);
            std::size_t count = 0;
            const Outcome outcome = room.empty() ? Outcome::Closed : socket.receive(room, count, deadline);
            if (outcome == Outcome::TooLate) return tl::unexpected(too_late(what));
            if (outcome == Outcome::Closed) {
                if (!reader.begun()) return tl::unexpected(died(what));
                reader.feed_end();
                break;
            }
            const std::size_t filled = waiting + count;
            const std::size_t consumed = reader.feed({buffer.data(), filled});
            waiting = filled - consumed;
            std::memmove(buffer.data(), buffer.data() + consumed, waiting);
        }
        if (reader.state() != ResponseReader::State::Complete) return tl::unexpected(unreadable(what, reader));
        if (!reader.keep_alive() || waiting > 0) socket.close();
        return reader.take();
    }

    [[nodiscard]] Failure died(std::string_view what) const {
        return {{ErrorCode::Unavailable, address.text + " closed the connection without answering " +
                                             std::string(what) + ": it may have stopped; see its log"},
                true};
    }

    [[nodiscard]] Failure unreadable(std::string_view what, const ResponseReader& reader) const {
        const bool broke_off = reader.broke_off();
        return {{broke_off ? ErrorCode::Unavailable : ErrorCode::InvalidInput,
                 "the answer of " + address.text + " to " + std::string(what) + " " + reader.problem()},
                broke_off};
    }
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(std::string_view address, ClientOptions options) {
    Address parsed = SKERRY_TRY(parse_address(address));
    std::unique_ptr<State> state(new State{std::move(parsed), options});
    SKERRY_TRY(state->dial());
    return Client(std::move(state));
}

Result<Response> Client::request(std::string_view method, std::string_view target, std::string body,
                                 const Headers& headers) {
    const std::string head = SKERRY_TRY(head_of(state_->address, method, target, body, headers));
    bool may_repeat = is_idempotent(method);
    std::optional<DialledSocket::Deadline> deadline;  // one for both attempts
    while (true) {
        DialledSocket& socket = state_->socket;
        if (socket.is_open() && socket.is_stale()) socket.close();
        if (!socket.is_open()) SKERRY_TRY(state_->dial());
        if (!deadline) deadline = std::chrono::steady_clock::now() + state_->options.request_time;
        auto response = state_->exchange(head, body, method == "HEAD", *deadline);
        if (response) return std::move(*response);
        socket.close();  // what may still come on it answers nobody
        if (!response.error().died || !std::exchange(may_repeat, false)) {
            return tl::unexpected(std::move(response.error().error));
        }
    }
}

}  // namespace skerry::http
