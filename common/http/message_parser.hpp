#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>  // Boost 1.74's Asio needs it first

#include <boost/beast/http/basic_parser.hpp>

namespace skerry::http {

/// Beast's parser, writing straight into a Request or a Response. The header only promises a length of the body: no
/// more than `reserve_max` is taken before the bytes arrive.
template <class Kind, bool is_request>
class MessageParser : public boost::beast::http::basic_parser<is_request> {
public:
    Kind result;

protected:
    using Error = boost::beast::error_code;
    using Text = boost::beast::string_view;

    explicit MessageParser(std::uint64_t reserve_max) : reserve_max_(reserve_max) {}

private:
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override {
        if (length) result.body.reserve(static_cast<std::size_t>(std::min(*length, reserve_max_)));
    }
    std::size_t on_body_impl(Text bytes, Error&) override { return append(bytes); }
    std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, Error&) override { return append(bytes); }
    void on_chunk_header_impl(std::uint64_t, Text, Error&) override {}
    void on_finish_impl(Error&) override {}

    std::size_t append(Text bytes) {
        result.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    std::uint64_t reserve_max_;
};

}  // namespace skerry::http
