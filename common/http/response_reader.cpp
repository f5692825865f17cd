#include "common/http/response_reader.hpp"

#include <cstdint>
#include <optional>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "common/base/error.hpp"
#include "common/base/limits.hpp"
#include "common/http/message_parser.hpp"

namespace skerry::http {

namespace beast = boost::beast;
using beast::http::field;
using Fault = beast::http::error;

namespace {

constexpr std::uint64_t kResponseReserveMax = 1 << 20;

/// Beast's parser, writing straight into a Response.
class ResponseMessage final : public MessageParser<Response, false> {
public:
    ResponseMessage(std::size_t body_bytes_max, bool head_only) : MessageParser(kResponseReserveMax) {
        header_limit(static_cast<std::uint32_t>(limits::kHttpHeaderBytesMax));
        body_limit(body_bytes_max);
        eager(true);
        skip(head_only);
        result.content_type.clear();
    }

private:
    void on_response_impl(int status, beast::string_view, int, beast::error_code&) override { result.status = status; }
    void on_field_impl(field name, beast::string_view written, beast::string_view value, beast::error_code&) override {
        if (is_header_done() || name == field::content_length) return;
        if (name == field::content_type) {
            result.content_type.assign(value.data(), value.size());
            return;
        }
        result.headers.emplace_back(std::piecewise_construct, std::forward_as_tuple(written.data(), written.size()),
                                    std::forward_as_tuple(value.data(), value.size()));
    }
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, beast::error_code&) override {}
    void on_header_impl(beast::error_code&) override {}
};

}  // namespace

struct ResponseReader::Parser {
    std::size_t body_bytes_max;
    bool head_only;
    std::optional<ResponseMessage> message{};
    beast::error_code error{};

    [[nodiscard]] bool has_interim_answer() const {
        return message->is_done() && message->result.status >= 100 && message->result.status < 200;
    }
};

ResponseReader::ResponseReader(std::size_t body_bytes_max, bool head_only)
    : parser_(std::make_unique<Parser>(Parser{body_bytes_max, head_only})) {
    parser_->message.emplace(body_bytes_max, head_only);
}

ResponseReader::~ResponseReader() = default;

std::size_t ResponseReader::feed(std::string_view bytes) {
    std::size_t consumed = 0;
    while (consumed < bytes.size() && state() == State::Incomplete) {
        beast::error_code error;
        const auto rest = bytes.substr(consumed);
        const std::size_t taken = parser_->message->put(boost::asio::buffer(rest.data(), rest.size()), error);
        consumed += taken;
        if (error == Fault::need_more || (!error && taken == 0)) break;
        parser_->error = error;
        if (!error && parser_->has_interim_answer()) {
            parser_->message.emplace(parser_->body_bytes_max, parser_->head_only);
        }
    }
    return consumed;
}

void ResponseReader::feed_end() {
    if (state() != State::Incomplete || !begun()) return;
    beast::error_code error;
    parser_->message->put_eof(error);
    parser_->error = error;
}

ResponseReader::State ResponseReader::state() const {
    if (parser_->error) return State::Refused;
    return parser_->message->is_done() ? State::Complete : State::Incomplete;
}

bool ResponseReader::begun() const {
    return parser_->message->got_some();
}
bool ResponseReader::keep_alive() const {
    return parser_->message->keep_alive();
}

Response ResponseReader::take() {
    SKERRY_ASSERT(state() == State::Complete);
    return std::move(parser_->message->result);
}

bool ResponseReader::broke_off() const {
    return parser_->error == Fault::partial_message;
}

std::string ResponseReader::problem() const {
    if (parser_->error == Fault::body_limit) {
        return "is longer than " + std::to_string(parser_->body_bytes_max) + " bytes, which is all that we take";
    }
    if (broke_off()) return "broke off: the connection was closed in the middle of it";
    return "is no HTTP: " + parser_->error.message() + "; is the address that of this service?";
}

}  // namespace skerry::http
