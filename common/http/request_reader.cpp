#include "common/http/request_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include "common/http/message_parser.hpp"
#include "common/http/target.hpp"

namespace skerry::http {

namespace beast = boost::beast;
using beast::http::field;
using Fault = beast::http::error;

namespace {

constexpr std::uint64_t kRequestReserveMax = 64 * 1024;

/// Beast's parser, writing straight into a Request.
class RequestMessage final : public MessageParser<Request, true> {
public:
    RequestMessage(std::size_t header_bytes_max, std::size_t body_bytes_max) : MessageParser(kRequestReserveMax) {
        header_limit(static_cast<std::uint32_t>(header_bytes_max));
        body_limit(body_bytes_max);
        eager(true);
    }

    std::optional<Response> refusal;
    bool continue_is_expected = false;
    bool http_1_0 = false;

    void refuse(int status, std::string_view sentence) { refusal = error_response(status, sentence); }

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         beast::error_code& error) override {
        result.method.assign(method.data(), method.size());
        http_1_0 = version == 10;
        if (const auto read = read_target({target.data(), target.size()}, result); !read) {
            refuse(400, read.error().message);
            error = Fault::bad_target;
        }
    }

    void on_field_impl(field name, beast::string_view written, beast::string_view value,
                       beast::error_code& error) override {
        if (is_header_done()) return;  // a trailer must not pass for a header that was checked
        if (name == field::host) ++hosts_;
        if (name == field::transfer_encoding && http_1_0) {
            refuse(400, "an HTTP/1.0 request has no Transfer-Encoding: send a Content-Length");  // RFC 9112 §6.1
            error = Fault::bad_transfer_encoding;
            return;
        }
        if (name == field::transfer_encoding && !beast::iequals(value, "chunked")) {
            refuse(501, "of the transfer encodings only 'chunked' is understood here");
            error = Fault::bad_transfer_encoding;
        }
        if (name == field::expect) {
            continue_is_expected = beast::iequals(value, "100-continue");
            if (!continue_is_expected) {
                refuse(417, "of the expectations only '100-continue' can be met here");
                error = Fault::bad_value;
            }
        }
        result.headers.emplace_back(std::piecewise_construct, std::forward_as_tuple(written.data(), written.size()),
                                    std::forward_as_tuple(value.data(), value.size()));
    }

    void on_header_impl(beast::error_code& error) override {
        if (hosts_ == 1 || (hosts_ == 0 && http_1_0)) return;
        refuse(400, "an HTTP/1.1 request needs exactly one Host header");
        error = Fault::bad_field;
    }

    void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}

    std::size_t hosts_ = 0;
};

}  // namespace

struct RequestReader::Parser {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
    std::optional<RequestMessage> message{};

    void refuse(const beast::error_code& error) {
        if (message->refusal) return;
        if (error == Fault::header_limit) {
            message->refuse(431, "the request's header is longer than " + std::to_string(header_bytes_max) +
                                     " bytes: send fewer or shorter headers");
        } else if (error == Fault::body_limit) {
            message->refuse(413, "the request's body is longer than " + std::to_string(body_bytes_max) +
                                     " bytes: split it into several requests");
        } else if (error == Fault::bad_version) {
            message->refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
        } else {
            message->refuse(400, "this is no HTTP request: " + error.message());
        }
    }
};

RequestReader::RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : parser_(std::make_unique<Parser>(Parser{header_bytes_max, body_bytes_max})) {
    next();
}

RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(std::string_view bytes) {
    std::size_t consumed = 0;
    while (consumed < bytes.size() && state() == State::Incomplete) {
        beast::error_code error;
        const auto rest = bytes.substr(consumed);
        const std::size_t taken = parser_->message->put(boost::asio::buffer(rest.data(), rest.size()), error);
        consumed += taken;
        if (error == Fault::need_more || (!error && taken == 0)) break;
        if (error) parser_->refuse(error);
    }
    return consumed;
}

RequestReader::State RequestReader::state() const {
    if (parser_->message->refusal) return State::Refused;
    return parser_->message->is_done() ? State::Complete : State::Incomplete;
}

bool RequestReader::begun() const {
    return parser_->message->got_some();
}
bool RequestReader::header_is_complete() const {
    return parser_->message->is_header_done();
}
std::size_t RequestReader::body_bytes() const {
    return parser_->message->result.body.size();
}
bool RequestReader::expects_continue() const {
    return header_is_complete() && parser_->message->continue_is_expected && !http_1_0();
}
bool RequestReader::keep_alive() const {
    return header_is_complete() && parser_->message->keep_alive();
}
bool RequestReader::http_1_0() const {
    return parser_->message->http_1_0;
}

Request RequestReader::take() {
    SKERRY_ASSERT(state() == State::Complete);
    return std::move(parser_->message->result);
}

Response RequestReader::refusal() const {
    SKERRY_ASSERT(state() == State::Refused);
    return *parser_->message->refusal;
}

void RequestReader::next() {
    parser_->message.emplace(parser_->header_bytes_max, parser_->body_bytes_max);
}

}  // namespace skerry::http
